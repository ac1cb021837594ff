//! The words of the command line, so that an abbreviation is unique only if the command line would think so.
//!
//! Specification: command reference (12.0), with the groups that came since.

use super::Verb;

/// Verbs that change a configuration.
pub(super) const VERBS: [(&str, Verb); 8] = [
    ("add", Verb::Add),
    ("set", Verb::Set),
    ("unset", Verb::Unset),
    ("rm", Verb::Rm),
    ("bind", Verb::Bind),
    ("unbind", Verb::Unbind),
    ("enable", Verb::Enable),
    ("disable", Verb::Disable),
];

/// The other verbs, so that a prefix is unique only if the command line would think so.
pub(super) const VERBS_OTHER: &str = "alias apply batch clear cls config create diff exit export flush force \
    grep help history import init install join kill link man ping quit reboot release rename renumber reset \
    restart restore save scp send shell show shutdown source start stat stop switch sync top traceroute \
    unalias unlink unlock update upgrade whoami";

/// Object groups with their types. A group without types is never looked into.
pub(super) const GROUPS: &[(&str, &str)] = &[
    (
        "aaa",
        "user group global parameter session preauthenticationAction preauthenticationPolicy certParams \
        kcdAccount ldapParams radiusParams tacacsParams otpparameter ssoProfile stats",
    ),
    ("analytics", ""),
    ("app", ""),
    ("appflow", "action policy policylabel global collector param"),
    (
        "appfw",
        "policy profile policylabel global settings signatures confidField fieldType JSONContentType \
        XMLContentType grpcContentType multipartFormContentType urlEncodedFormContentType htmlErrorPage \
        xmlErrorPage jsonErrorPage learningSettings wsdl xmlSchema transactionRecords archive",
    ),
    ("appqoe", ""),
    ("arp", ""),
    (
        "audit",
        "messageaction messages nslogAction nslogGlobal nslogParams nslogPolicy syslogAction \
        syslogGlobal syslogParams syslogPolicy",
    ),
    (
        "authentication",
        "Policy policylabel vserver authnProfile loginSchema loginSchemaPolicy ldapAction \
        ldapPolicy radiusAction radiusPolicy tacacsAction tacacsPolicy certAction certPolicy localPolicy \
        negotiateAction negotiatePolicy samlAction samlPolicy samlIdPPolicy samlIdPProfile webAuthAction \
        webAuthPolicy OAuthAction oauthIDPPolicy oauthIDPProfile epaAction dfaAction dfaPolicy captchaAction \
        emailAction noAuthAction pushService storefrontAuthAction citrixAuthAction azureKeyVault smartAccessPolicy \
        smartAccessProfile adfsProxyProfile ProtectedUserAction",
    ),
    ("authorization", "policy policylabel action global"),
    ("autoscale", ""),
    ("bot", "policy policylabel profile global settings signature"),
    ("bridgetable", ""),
    ("cache", "policy policylabel global contentGroup forwardProxy object parameter selector stats"),
    ("channel", ""),
    ("cli", ""),
    ("cloud", ""),
    ("cluster", ""),
    ("cmp", "action policy policylabel global parameter"),
    ("contentInspection", "action policy policylabel global callout parameter profile"),
    ("cr", ""),
    ("cs", "action policy policylabel vserver parameter"),
    ("db", ""),
    ("dns", ""),
    ("dos", ""),
    ("event", ""),
    ("feo", "action policy global parameter"),
    ("filter", ""),
    ("gslb", ""),
    ("HA", ""),
    ("ica", ""),
    ("interface", ""),
    ("interfacePair", ""),
    ("ip6Tunnel", ""),
    ("ipset", ""),
    ("ipsec", ""),
    ("ipTunnel", ""),
    ("lacp", ""),
    (
        "lb",
        "vserver monitor group parameter metricTable route route6 persistentSessions profile sipParameters \
        wlm action policy policylabel global",
    ),
    ("linkset", ""),
    ("lldp", ""),
    ("location", ""),
    ("locationFile", ""),
    ("locationParameter", ""),
    ("lsn", ""),
    ("mapBmr", ""),
    ("nat64", ""),
    ("nd6", ""),
    ("nd6RAvariables", ""),
    ("netbridge", ""),
    ("netProfile", ""),
    (
        "ns",
        "acl acl6 acls appflowParam aptlicense assignment capacity config consoleloginprompt cqaparam \
        diameter encryptionParams encryptionKey feature hardware hmacKey hostname httpParam httpProfile icapProfile info ip ip6 \
        jobs kmKey lbparam license licenseserver limitIdentifier limitSelector mode ns.conf param partition pbr \
        pbr6 pbrs rateControl rollbackcmd rpcNode runningConfig savedConfig servicefunction servicepath \
        simpleacl simpleacl6 spParams surgeQ tcpParam tcpbufParam tcpProfile timeout timer trafficDomain \
        variable version vpxparam weblogparam xmlnamespace",
    ),
    ("ntp", ""),
    ("onLinkIPv6Prefix", ""),
    ("pcp", ""),
    ("policy", "dataset evaluation expression httpCallout map param patset stringmap tracing urlset"),
    ("pq", ""),
    ("protocol", ""),
    ("ptp", ""),
    ("qos", ""),
    ("quic", ""),
    ("quicbridge", ""),
    ("rdp", ""),
    ("reputation", ""),
    ("responder", "action global htmlpage param policy policylabel"),
    ("rewrite", "action global param policy policylabel"),
    ("rnat", ""),
    ("rnat6", ""),
    ("rnatglobal", ""),
    ("route", ""),
    ("route6", ""),
    ("router", ""),
    ("server", ""),
    ("service", ""),
    ("serviceGroup", ""),
    ("smpp", ""),
    ("snmp", ""),
    ("spillover", "action policy"),
    (
        "ssl",
        "action policy policylabel global vserver service serviceGroup profile parameter certKey cipher \
        cipherSuite crl dtlsProfile fips hsmKey logprofile ocspResponder caCertGroup certFile certBundle \
        cacertgroup dhFile keyFile wrapkey",
    ),
    ("stream", "identifier selector session"),
    ("subscriber", ""),
    ("system", "user group global parameter cmdPolicy file backup collectionparam session"),
    (
        "tm",
        "formSSOAction global samlSSOProfile sessionAction sessionParameter sessionPolicy trafficAction \
        trafficPolicy",
    ),
    ("transform", "action global policy policylabel profile"),
    ("tunnel", "global trafficPolicy"),
    ("ulfd", ""),
    ("urlfiltering", ""),
    ("user", ""),
    ("videooptimization", ""),
    ("vlan", ""),
    ("vpath", ""),
    ("vPathParam", ""),
    (
        "vpn",
        "alwaysONProfile clientlessAccessPolicy clientlessAccessProfile epaProfile eula formSSOAction \
        global intranetApplication nextHopServer parameter pcoipProfile pcoipVserverProfile portaltheme \
        samlSSOProfile sessionAction sessionPolicy trafficAction trafficPolicy url urlAction urlPolicy vserver",
    ),
    ("vrid", ""),
    ("vrid6", ""),
    ("vxlan", ""),
    ("vxlanVlanMap", ""),
    ("wf", ""),
    ("wi", ""),
];
