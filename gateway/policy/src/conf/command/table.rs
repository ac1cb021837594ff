//! The commands whose meaning is known: their objects, values and parameters.
//!
//! Specification: command reference (12.0) and, for newer parameters, the vendor's Terraform provider.

use crate::conf::object::policy::Feature;
use crate::conf::object::vserver::VserverKind;

use super::{Arity, Verb};

/// What an object of the table becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the object its row of the table names")]
pub enum Kind {
    Assignment,
    Callout,
    CsAction,
    DataSet,
    Features,
    /// Read for the expressions in it, and not acted on.
    Kept,
    Label(Feature),
    LimitIdentifier,
    MessageAction,
    NamedExpression,
    PatternSet,
    Policy(Feature),
    PolicyParam,
    ResponderAction,
    ResponderParam,
    Selector,
    StringMap,
    SyslogAction,
    SyslogParams,
    TrafficAction,
    Variable,
    Vserver(VserverKind),
    BindGlobal(Feature),
    BindGroup,
    BindLabel(Feature),
    BindSyslog,
    BindTable,
    BindUser,
    BindVserver(VserverKind),
}

/// One row: an object, or what may be bound to it.
#[derive(Debug, PartialEq)]
pub struct Shape {
    /// Group and type: `responder policy`.
    pub path: &'static str,
    /// What it becomes.
    pub kind: Kind,
    /// The names of values known by position; `*` after the last takes all that are left.
    positions: &'static str,
    /// The names of parameters; `!` after one without a value, `*` after one with several.
    parameters: &'static str,
}

impl Shape {
    /// Whether this row is meant by a verb and an object.
    pub(super) fn is(&self, verb: Verb, group: &str, kind: &str) -> bool {
        let bound = matches!(verb, Verb::Bind | Verb::Unbind);
        let toggled = matches!(verb, Verb::Enable | Verb::Disable);
        let path = self.path.strip_prefix(group).and_then(|rest| rest.strip_prefix(' '));
        path == Some(kind) && bound == self.kind.is_binding() && toggled == (self.kind == Kind::Features)
    }

    /// Values known by position, and whether that one takes all that are left.
    pub fn positions(&self) -> impl Iterator<Item = (&'static str, bool)> + use<> {
        self.positions.split_ascii_whitespace().map(|name| match name.strip_suffix('*') {
            Some(name) => (name, true),
            None => (name, false),
        })
    }

    /// Parameters and how many values they take.
    pub fn parameters(&self) -> impl Iterator<Item = (&'static str, Arity)> + use<> {
        self.parameters.split_ascii_whitespace().map(|name| {
            match (name.strip_suffix('*'), name.strip_suffix('!')) {
                (Some(name), _) => (name, Arity::Many),
                (_, Some(name)) => (name, Arity::Flag),
                _ => (name, Arity::One),
            }
        })
    }

    /// How many values a parameter takes; one where it names a value known by position.
    #[must_use]
    pub fn arity(&self, name: &str) -> Arity {
        self.parameters().find(|(known, _)| *known == name).map_or(Arity::One, |(_, arity)| arity)
    }

    /// Whether objects of this row have a name: their first value by position.
    #[must_use]
    pub fn is_named(&self) -> bool {
        !self.positions.is_empty()
    }
}

impl Kind {
    /// Whether its rows belong to `bind` and `unbind`.
    #[must_use]
    pub fn is_binding(self) -> bool {
        matches!(
            self,
            Self::BindGlobal(_)
                | Self::BindGroup
                | Self::BindLabel(_)
                | Self::BindSyslog
                | Self::BindTable
                | Self::BindUser
                | Self::BindVserver(_)
        )
    }

    /// Whether its names occur in expressions, and so are not case-sensitive and share one name space.
    #[must_use]
    pub fn is_expression_name(self) -> bool {
        matches!(
            self,
            Self::Callout
                | Self::DataSet
                | Self::LimitIdentifier
                | Self::NamedExpression
                | Self::PatternSet
                | Self::Selector
                | Self::StringMap
                | Self::Variable
        )
    }
}

const fn row(path: &'static str, kind: Kind, positions: &'static str, parameters: &'static str) -> Shape {
    Shape { path, kind, positions, parameters }
}

/// What any kind of virtual server may have that matters here or is met in every file.
const VSERVER: &str = "Authentication AuthenticationHost authn401 authnVsName authnProfile comment rule resRule \
    Listenpolicy Listenpriority state range redirectURL persistenceType timeout persistenceBackup backupPersistenceTimeout \
    lbMethod hashLength netmask persistMask rtspNat m IPMask cltTimeout downStateFlush backupVServer \
    disablePrimaryOnDown insertVserverIPPort vipHeader push pushVserver pushLabel pushMultiClients \
    tcpProfileName httpProfileName dbProfileName netProfile appflowLog icmpVsrResponse RHIstate soMethod \
    soThreshold soPersistence soPersistenceTimeOut soBackupAction healthThreshold connfailover cookieName \
    cacheable sessionless trofsPersistence macmodeRetainvlan dbsLb dns64 bypassAAAA RecursionAvailable \
    processLocal dnsProfileName lbprofilename redirectFromPort httpsRedirectUrl retainConnectionsOnCluster \
    sopersistence caseSensitive stateupdate precedence targetType dnsRecordType TTL cookieDomain cookieTimeout \
    sitePersistence icaOnly icaProxySessionMigration doubleHop dtls deviceCert maxAAAUsers maxLoginAttempts \
    failedLoginTimeout loginOnce advancedEpa logoutOnSmartcardRemoval certkeyNames cginfraHomePageRedirect \
    l2Conn rdpServerProfileName pcoipVserverProfileName vserverFqdn userDomains AuthenticationDomain td \
    samesite weight order quicProfileName quicBridgeProfilename probeProtocol probeSuccessResponseCode probePort \
    newname toggleorder orderThreshold dataLength dataOffset v6netmasklen v6persistmasklen oracleServerVersion \
    mssqlServerVersion mysqlProtocolVersion mysqlServerVersion mysqlCharacterSet mysqlServerCapabilities \
    adfsProxyProfile apiProfile backupLBMethod newServiceRequest newServiceRequestUnit newServiceRequestIncrementInterval \
    minAutoscaleMembers maxAutoscaleMembers persistAVPno tosId secureRDP linuxEPAPluginUpgrade macEPAPluginUpgrade \
    windowsEPAPluginUpgrade deploymentType accessRestrictedPageRedirect";

const BIND: &str = "policyName priority gotoPriorityExpression type invoke*";

/// The table. Positions and parameters are in the order and the spelling of the reference.
pub(super) static SHAPES: &[Shape] = &[
    row(
        "ns variable",
        Kind::Variable,
        "name",
        "type scope ifFull ifValueTooBig ifNoValue init expires comment",
    ),
    row("ns assignment", Kind::Assignment, "name", "variable set add sub append clear! comment"),
    row(
        "ns limitIdentifier",
        Kind::LimitIdentifier,
        "limitIdentifier",
        "threshold timeSlice mode limitType selectorName maxBandwidth trapsInTimeSlice comment",
    ),
    row("ns limitSelector", Kind::Selector, "selectorName rule*", ""),
    row("stream selector", Kind::Selector, "name rule*", ""),
    row("ns feature", Kind::Features, "feature*", ""),
    row(
        "policy expression",
        Kind::NamedExpression,
        "name value",
        "comment clientSecurityMessage description",
    ),
    row("policy patset", Kind::PatternSet, "name", "comment indexType patsetFile dynamic dynamicOnly!"),
    row("policy dataset", Kind::DataSet, "name type", "comment indexType dynamic dynamicOnly! patsetFile"),
    row("policy stringmap", Kind::StringMap, "name", "comment"),
    row("policy patset", Kind::BindTable, "name String", "index charset feature comment"),
    row("policy dataset", Kind::BindTable, "name value", "endRange index comment"),
    row("policy stringmap", Kind::BindTable, "name key value", "comment"),
    row(
        "policy httpCallout",
        Kind::Callout,
        "name",
        "IPAddress port vServer returnType httpMethod hostExpr urlStemExpr headers* parameters* bodyExpr \
         fullReqExpr scheme resultExpr cacheForSecs comment",
    ),
    row("policy param", Kind::PolicyParam, "", "timeout"),
    row(
        "responder action",
        Kind::ResponderAction,
        "name type target",
        "htmlpage bypassSafetyCheck comment responseStatusCode reasonPhrase headers*",
    ),
    row(
        "responder policy",
        Kind::Policy(Feature::Responder),
        "name rule action undefAction",
        "comment logAction appflowAction",
    ),
    row("responder policylabel", Kind::Label(Feature::Responder), "labelName", "policylabeltype comment"),
    row("responder param", Kind::ResponderParam, "", "undefAction timeout"),
    row(
        "responder global",
        Kind::BindGlobal(Feature::Responder),
        "policyName priority gotoPriorityExpression",
        "type invoke*",
    ),
    row(
        "responder policylabel",
        Kind::BindLabel(Feature::Responder),
        "labelName policyName priority gotoPriorityExpression",
        "invoke*",
    ),
    row(
        "rewrite action",
        Kind::Kept,
        "name type target stringBuilderExpr",
        "pattern search refineSearch bypassSafetyCheck comment",
    ),
    row(
        "rewrite policy",
        Kind::Policy(Feature::Rewrite),
        "name rule action undefAction",
        "comment logAction",
    ),
    row("rewrite policylabel", Kind::Label(Feature::Rewrite), "labelName transform", "comment"),
    row(
        "rewrite global",
        Kind::BindGlobal(Feature::Rewrite),
        "policyName priority gotoPriorityExpression",
        "type invoke*",
    ),
    row(
        "rewrite policylabel",
        Kind::BindLabel(Feature::Rewrite),
        "labelName policyName priority gotoPriorityExpression",
        "invoke*",
    ),
    row("cs action", Kind::CsAction, "name", "targetLBVserver targetVserver targetVserverExpr comment"),
    row(
        "cs policy",
        Kind::Policy(Feature::ContentSwitching),
        "name",
        "url rule domain action logAction comment",
    ),
    row("cs policylabel", Kind::Label(Feature::ContentSwitching), "labelName cspolicylabeltype", ""),
    row(
        "cs policylabel",
        Kind::BindLabel(Feature::ContentSwitching),
        "labelName policyName priority gotoPriorityExpression",
        "targetVserver invoke*",
    ),
    row(
        "tm trafficAction",
        Kind::TrafficAction,
        "name",
        "appTimeout SSO formSSOAction persistentCookie InitiateLogout kcdAccount samlSSOProfile forcedTimeout \
         forcedTimeoutVal userExpression passwdExpression",
    ),
    row("tm trafficPolicy", Kind::Policy(Feature::Traffic), "name rule action", ""),
    row("vpn trafficPolicy", Kind::Policy(Feature::Traffic), "name rule action", ""),
    row(
        "vpn trafficAction",
        Kind::TrafficAction,
        "name qual",
        "appTimeout SSO HDX formSSOAction fta wanscaler kcdAccount samlSSOProfile proxy userExpression \
         passwdExpression",
    ),
    row("tm sessionPolicy", Kind::Policy(Feature::Session), "name rule action", ""),
    row("vpn sessionPolicy", Kind::Policy(Feature::Session), "name rule action", ""),
    row("vpn clientlessAccessPolicy", Kind::Policy(Feature::Other), "name rule profileName", ""),
    row("vpn urlPolicy", Kind::Policy(Feature::Other), "name", "rule action undefAction comment logAction"),
    row(
        "audit messageaction",
        Kind::MessageAction,
        "name logLevel stringBuilderExpr",
        "logtoNewnslog bypassSafetyCheck comment",
    ),
    row(
        "audit syslogParams",
        Kind::SyslogParams,
        "",
        "serverIP serverPort dateFormat logLevel* logFacility tcp acl timeZone userDefinedAuditlog appflowExport lsn \
         alg subscriberLog urlFiltering sslInterception contentInspectionLog protocolViolations managementlog* \
         mgmtlogLevel* streamAnalytics dns domainResolveRetry",
    ),
    row(
        "audit syslogAction",
        Kind::SyslogAction,
        "name serverIP",
        "domainResolveRetry lbVserverName serverPort logLevel* dateFormat logFacility tcp acl timeZone \
         userDefinedAuditlog appflowExport lsn alg subscriberLog transport tcpProfileName maxLogDataSizeToHold \
         dns netProfile contentInspectionLog urlFiltering sslInterception protocolViolations managementlog* \
         mgmtlogLevel* streamAnalytics httpAuthToken httpEndpointUrl serverDomainName syslogcompliance",
    ),
    row("audit syslogPolicy", Kind::Policy(Feature::Audit), "name rule action", ""),
    row("audit nslogPolicy", Kind::Policy(Feature::Audit), "name rule action", ""),
    row("audit syslogGlobal", Kind::BindSyslog, "", "policyName priority globalBindType"),
    row("authorization policy", Kind::Policy(Feature::Authorization), "name rule action", ""),
    row("authorization policylabel", Kind::Label(Feature::Authorization), "labelName", ""),
    row(
        "authorization policylabel",
        Kind::BindLabel(Feature::Authorization),
        "labelName policyName priority gotoPriorityExpression",
        "invoke*",
    ),
    row(
        "authentication Policy",
        Kind::Policy(Feature::Authentication),
        "name",
        "rule action undefAction comment logAction",
    ),
    row("authentication ldapPolicy", Kind::Policy(Feature::Authentication), "name rule action", ""),
    row("authentication radiusPolicy", Kind::Policy(Feature::Authentication), "name rule action", ""),
    row("authentication tacacsPolicy", Kind::Policy(Feature::Authentication), "name rule action", ""),
    row("authentication certPolicy", Kind::Policy(Feature::Authentication), "name rule action", ""),
    row("authentication localPolicy", Kind::Policy(Feature::Authentication), "name rule", ""),
    row("authentication samlPolicy", Kind::Policy(Feature::Authentication), "name rule action", ""),
    row("authentication negotiatePolicy", Kind::Policy(Feature::Authentication), "name rule action", ""),
    row("authentication webAuthPolicy", Kind::Policy(Feature::Authentication), "name rule action", ""),
    row(
        "authentication loginSchemaPolicy",
        Kind::Policy(Feature::Other),
        "name",
        "rule action undefAction comment logAction",
    ),
    row(
        "authentication samlIdPPolicy",
        Kind::Policy(Feature::Other),
        "name",
        "rule action undefAction comment logAction",
    ),
    row(
        "authentication oauthIDPPolicy",
        Kind::Policy(Feature::Other),
        "name",
        "rule action undefAction comment logAction",
    ),
    row(
        "authentication webAuthAction",
        Kind::Kept,
        "name",
        "serverIP serverPort fullReqExpr scheme successRule defaultAuthenticationGroup Attribute1 Attribute2 \
         Attribute3 Attribute4 Attribute5 Attribute6 Attribute7 Attribute8 Attribute9 Attribute10 Attribute11 \
         Attribute12 Attribute13 Attribute14 Attribute15 Attribute16",
    ),
    row(
        "authentication loginSchema",
        Kind::Kept,
        "name",
        "authenticationSchema userExpression passwdExpression userCredentialIndex passwordCredentialIndex \
         authenticationStrength SSOCredentials",
    ),
    row(
        "authentication policylabel",
        Kind::Label(Feature::Authentication),
        "labelName",
        "type loginSchema comment",
    ),
    row(
        "authentication policylabel",
        Kind::BindLabel(Feature::Authentication),
        "labelName",
        "policyName priority gotoPriorityExpression nextFactor",
    ),
    row("appfw policy", Kind::Policy(Feature::Other), "name rule profileName", "comment logAction"),
    row("appflow policy", Kind::Policy(Feature::Other), "name rule action undefAction", "comment"),
    row("bot policy", Kind::Policy(Feature::Other), "name", "rule profileName undefAction comment logAction"),
    row("transform policy", Kind::Policy(Feature::Other), "name rule profileName", "comment logAction"),
    row("cmp policy", Kind::Policy(Feature::Other), "name", "rule resAction"),
    row(
        "cache policy",
        Kind::Policy(Feature::Other),
        "policyName",
        "rule action storeInGroup invalGroups* invalObjects* undefAction",
    ),
    row("cache selector", Kind::Kept, "selectorName rule*", ""),
    row(
        "contentInspection policy",
        Kind::Policy(Feature::Other),
        "name",
        "rule action undefAction comment logAction",
    ),
    row("feo policy", Kind::Policy(Feature::Other), "name rule action", ""),
    row("spillover policy", Kind::Policy(Feature::Other), "name", "rule action comment"),
    row("ssl policy", Kind::Policy(Feature::Other), "name", "rule reqAction action undefAction comment"),
    row("tunnel trafficPolicy", Kind::Policy(Feature::Other), "name rule action", ""),
    row(
        "tm formSSOAction",
        Kind::Kept,
        "name",
        "actionURL userField passwdField ssoSuccessRule nameValuePair responsesize nvtype submitMethod",
    ),
    row(
        "vpn formSSOAction",
        Kind::Kept,
        "name",
        "actionURL userField passwdField ssoSuccessRule nameValuePair responsesize nvtype submitMethod",
    ),
    row("lb vserver", Kind::Vserver(VserverKind::Lb), "name serviceType IPAddress port", VSERVER),
    row("cs vserver", Kind::Vserver(VserverKind::Cs), "name serviceType IPAddress port", VSERVER),
    row("vpn vserver", Kind::Vserver(VserverKind::Vpn), "name serviceType IPAddress port", VSERVER),
    row(
        "authentication vserver",
        Kind::Vserver(VserverKind::Authentication),
        "name serviceType IPAddress port",
        VSERVER,
    ),
    row(
        "lb vserver",
        Kind::BindVserver(VserverKind::Lb),
        "name serviceName",
        "policyName priority gotoPriorityExpression type invoke* weight order analyticsProfile serviceGroupName",
    ),
    row(
        "cs vserver",
        Kind::BindVserver(VserverKind::Cs),
        "name lbvserver",
        "policyName targetLBVserver priority gotoPriorityExpression type invoke* targetVserver domainName TTL \
         backupIP cookieDomain cookieTimeout sitePersistence analyticsProfile",
    ),
    row(
        "vpn vserver",
        Kind::BindVserver(VserverKind::Vpn),
        "name",
        "policy priority secondary! groupExtraction! gotoPriorityExpression type intranetApplication \
         nextHopServer urlName intranetIP* staServer staAddressType appController sharefile eula portaltheme \
         analyticsProfile intranetIP6* sharefileServer",
    ),
    row(
        "authentication vserver",
        Kind::BindVserver(VserverKind::Authentication),
        "name",
        "policy priority secondary! groupExtraction! nextFactor gotoPriorityExpression type portaltheme",
    ),
    row(
        "vpn global",
        Kind::BindGlobal(Feature::Session),
        "",
        "policyName priority secondary! groupExtraction! gotoPriorityExpression type intranetApplication \
         intranetDomain nextHopServer urlName intranetIP* staServer staAddressType appController sharefile eula \
         portaltheme smartAccess intranetIP6* certkeyName cacert crlCheck ocspCheck userDataEncryptionKey",
    ),
    row("tm global", Kind::BindGlobal(Feature::Traffic), "", BIND),
    row(
        "aaa user",
        Kind::BindUser,
        "userName",
        "policy priority type gotoPriorityExpression intranetApplication urlName intranetIP* intranetIP6*",
    ),
    row(
        "aaa group",
        Kind::BindGroup,
        "groupName",
        "userName* policy priority type gotoPriorityExpression intranetApplication urlName intranetIP* intranetIP6*",
    ),
];
