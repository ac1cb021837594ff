//! Words of a world: users, hosts and what they know, links. How hosts misbehave: see `misbehaviours`.

use gateway::config::{Binding, OtherDomains, Spelling};
use gateway_proto::ldap::AccountState;

use super::{Arg, Block, Count, Prop, Type, Word, many, must, one, prop, words};
use crate::scenario::plan::{
    CollectorTransport, Delivery, DuplicateSessions, FactorKind, FirstRequest, LdapSecurity, Mode,
    SecondKind, Severity, StaVersion, StateStore,
};

const WORLD: &[Block] = &[Block::World];
const HOST: Type = Type::Name("host");
const USER: Type = Type::Name("user");

const GATEWAY: &[Prop] = &[
    prop("port", Type::Port, "TCP port of the one TLS listener; 443."),
    prop(
        "fqdn",
        Type::Text,
        "Name that clients and the certificate use; the host name. Gateways that have the same one are behind one name: it leads to the first of them, and to the next when that one does not take a connection.",
    ),
    prop("storefront", HOST, "The StoreFront that users are sent to."),
    prop("receiver-mode", Type::Choice(words::<Mode>), "`/cgi/setclient` mode of native Receivers; wica."),
    prop("browser-mode", Type::Choice(words::<Mode>), "`/cgi/setclient` mode of browsers; cvpn."),
    prop("ica-port", Type::Port, "The only port tickets may lead to; those of all ICA hosts."),
    prop(
        "duplicate-sessions",
        Type::Choice(words::<DuplicateSessions>),
        "What becomes of a log-in of somebody who has a session; allow.",
    ),
    prop("duplicate-severity", Type::Choice(words::<Severity>), "How loud the audit log tells it; warning."),
    prop("bind", Type::Choice(words::<Binding>), "What of its log-in a session is bound to; nothing."),
    prop("logout-path", Type::Text, "A path that logs out, besides `/cgi/logout`; none."),
    prop(
        "session-reliability",
        Type::Time,
        "How long it waits for a client that was cut off; 180s. `0s`: CGP is refused.",
    ),
    prop("reconnect-ticket-life", Type::Time, "Life it gives an STA's reconnect tickets; 100s."),
    prop(
        "state",
        Type::Choice(words::<StateStore>),
        "Where its state is: disk outlives crash and power loss; memory.",
    ),
    prop("syslog", HOST, "The collector its audit log is sent to; none."),
    prop("lockout-failures", Type::Number, "Failed log-ins that lock an account; 10."),
    prop("lockout-failures-per-address", Type::Number, "Failed log-ins that lock a client's address; 100."),
    prop("lockout-window", Type::Time, "How far back failures count; 15m."),
    prop("lockout", Type::Time, "How long a lock lasts; 15m."),
    prop("session-idle", Type::Time, "Inactivity that ends a session."),
    prop("session-limit", Type::Time, "Absolute life of a session."),
    prop("sessions-max", Type::Number, "Live sessions, at most."),
    prop("connections-max", Type::Number, "Connections at once, at most; 10000."),
    prop("connections-per-address", Type::Number, "Connections of one address at once, at most; 256."),
    prop("login-deadline", Type::Time, "One question to RADIUS, over all servers and tries."),
    prop("challenge-deadline", Type::Time, "How long a challenge waits for its answer."),
    prop("tls-deadline", Type::Time, "Complete TLS handshake."),
    prop("sniff-deadline", Type::Time, "From the first byte until the protocol is known."),
    prop("backend-deadline", Type::Time, "One call to a back end."),
    prop("tunnel-idle", Type::Time, "Silence that ends a tunnel."),
    prop("tunnel-limit", Type::Time, "Absolute life of a tunnel."),
    prop("radius-timeout", Type::Time, "Wait for a RADIUS reply before the first retransmission."),
    prop("radius-tries", Type::Number, "Transmissions of one RADIUS request, the first included."),
    prop("radius-push", Type::Time, "How long a person has to approve on a phone; nobody is asked there."),
];

const STOREFRONT: &[Prop] = &[
    prop("fqdn", Type::Text, "Name in its URLs; the host name."),
    prop("port", Type::Port, "TCP port; 443."),
    prop("store", Type::Text, "Store name, the site is `/Citrix/<Store>Web`; Store."),
    prop("gateway", HOST, "The gateway written into ICA files."),
    prop("call-back", HOST, "The gateway asked for access information; none: no call-back."),
    prop("session-reliability", Type::Flag, "Whether ICA files offer session reliability (CGP); #false."),
    prop("auto-client-reconnect", Type::Flag, "Whether ICA files allow auto client reconnect; #false."),
];

const BROKER: &[Prop] = &[prop("port", Type::Port, "TCP port; 80."), prop("farm", Type::Text, "Farm name.")];

const STA: &[Prop] = &[
    must("id", Type::Text, "Authority id in tickets: at most 16 letters and digits."),
    prop("port", Type::Port, "TCP port; 80."),
    prop("life", Type::Time, "Life of a gateway traversal ticket; 100s."),
    prop("version", Type::Choice(words::<StaVersion>), "Ticket version; 40."),
];

const RADIUS: &[Prop] = &[
    must("secret", Type::Text, "Secret shared with the gateway."),
    prop("port", Type::Port, "UDP port; 1812."),
];

const LDAP: &[Prop] = &[
    must("base-dn", Type::Text, "The entry below which its users are: `DC=example,DC=test`."),
    prop("security", Type::Choice(words::<LdapSecurity>), "How passwords are kept from others; ldaps."),
    prop("port", Type::Port, "TCP port; 636, with start-tls 389."),
];

const SYSLOG: &[Prop] = &[
    prop("transport", Type::Choice(words::<CollectorTransport>), "How messages come in; tls."),
    prop("port", Type::Port, "Port; 514 for udp, 601 for tcp, 6514 for tls."),
];

const ANAKAM: &[Prop] = &[
    must("account", Type::Text, "The gateway's account at its API."),
    must("password", Type::Text, "The password of that account."),
    prop("port", Type::Port, "TCP port; 443."),
    prop("passcode-life", Type::Time, "How long a passcode counts; 5m."),
];

const ICA_HOST: &[Prop] = &[
    prop("ica-port", Type::Port, "TCP port for ICA; 1494."),
    prop("sessions-max", Type::Number, "Sessions at once, at most; 100. Up to 5000."),
    prop("session-reliability", Type::Time, "How long a cut session is kept; 180s. `0s`: not at all."),
    prop(
        "auto-client-reconnect",
        Type::Flag,
        "Whether clients get a ticket with which they can go on with their session; #false.",
    ),
];

const PERSON: &[Prop] = &[
    must("password", Type::Text, "Password. A test value: scenario files are no place for real ones."),
    prop("domain", Type::Text, "Windows domain."),
];

const SMART_ACCESS: &[Prop] =
    &[must("farm", Type::Text, "Farm name."), must("condition", Type::Text, "Condition name.")];

pub(super) const WORDS: &[Word] = &[
    Word::new("user", WORLD, "A user of the directory.").args(&[one("name", USER)]).props(PERSON),
    Word::new("gateway", WORLD, "The gateway under test.")
        .args(&[one("name", HOST)])
        .props(GATEWAY)
        .settings()
        .may_hold(Block::Gateway),
    Word::new("storefront", WORLD, "A StoreFront server with one store.")
        .args(&[one("name", HOST)])
        .props(STOREFRONT)
        .settings()
        .may_hold(Block::Storefront),
    Word::new("broker", WORLD, "An XML broker.")
        .args(&[one("name", HOST)])
        .props(BROKER)
        .settings()
        .may_hold(Block::Broker),
    Word::new("sta", WORLD, "A secure ticket authority.")
        .args(&[one("name", HOST)])
        .props(STA)
        .settings()
        .may_hold(Block::Sta),
    Word::new("radius", WORLD, "A RADIUS server.")
        .args(&[one("name", HOST)])
        .props(RADIUS)
        .settings()
        .may_hold(Block::Radius),
    Word::new("ldap", WORLD, "A directory server. It knows the users of the directory, or those it names.")
        .args(&[one("name", HOST)])
        .props(LDAP)
        .settings()
        .may_hold(Block::Ldap),
    Word::new(
        "anakam",
        WORLD,
        "An Anakam.TFA server: sends passcodes, checks them, knows registered devices.",
    )
    .args(&[one("name", HOST)])
    .props(ANAKAM)
    .settings()
    .may_hold(Block::Anakam),
    Word::new("syslog", WORLD, "A syslog collector: what a gateway's audit log is sent to.")
        .args(&[one("name", HOST)])
        .props(SYSLOG)
        .settings()
        .may_hold(Block::Syslog),
    Word::new("ica-host", WORLD, "A machine that runs published apps; its apps echo what is typed.")
        .args(&[one("name", HOST)])
        .props(ICA_HOST)
        .settings()
        .may_hold(Block::IcaHost),
    Word::new("receiver", WORLD, "A machine on which a Receiver can run.").args(&[one("name", HOST)]),
    Word::new("link", WORLD, "What the way between two hosts is like; the last word on two hosts counts.")
        .args(&[one("host", HOST), one("host", HOST)])
        .props(&[must("latency", Type::Times, "One-way delay of each message.")]),
    Word::new(
        "latency",
        WORLD,
        "One-way delay of each message where no `link` says otherwise; the last one counts.",
    )
    .args(&[one("time", Type::Times)]),
    // Gateway.
    Word::new(
        "first-factor",
        &[Block::Gateway],
        "Who verifies name and password: RADIUS servers in this order, servers of one directory (`ldap`) in \
         this order, or a user file (without braces: the directory).",
    )
    .args(&[
        one("kind", Type::Choice(words::<FactorKind>)),
        Arg { name: "server", ty: HOST, count: Count::Any },
    ])
    .may_hold(Block::UserFile),
    Word::new(
        "second-factor",
        &[Block::Gateway],
        "Who is asked once the first factor is passed: RADIUS servers in this order, an Anakam.TFA server, or \
         nobody. Of several rules the first that is about the user counts.",
    )
    .args(&[
        one("kind", Type::Choice(words::<SecondKind>)),
        Arg { name: "server", ty: HOST, count: Count::Any },
    ])
    .props(&[
        prop("user", USER, "The only user it is about."),
        prop("group", Type::Text, "The only group it is about, as the first factor names it."),
        prop(
            "first",
            Type::Choice(words::<FirstRequest>),
            "RADIUS: with what its servers are first asked; passcode.",
        ),
        prop("prompt", Type::Text, "RADIUS: how the gateway asks for a passcode; `Enter your passcode`."),
        prop("delivery", Type::Choice(words::<Delivery>), "Anakam: how passcodes reach a user; email."),
        prop("registration", Type::Time, "Anakam: for how long a device is known (whole hours); never."),
    ]),
    Word::new(
        "accounting",
        &[Block::Gateway],
        "RADIUS servers that are told when sessions begin, go on and end: the first that answers.",
    )
    .args(&[many("server", HOST)])
    .props(&[prop("interim", Type::Time, "How often they are told how a session goes on; never.")]),
    Word::new(
        "domains",
        &[Block::Gateway],
        "Domains with which a name is the account that it is without one; without this line a name is taken whole.",
    )
    .args(&[many("domain", Type::Text)])
    .props(&[
        prop("others", Type::Choice(words::<OtherDomains>), "What becomes of a name with another domain; refused."),
        prop("asked", Type::Choice(words::<Spelling>), "Which spelling the first factor is asked about; bare."),
    ]),
    Word::new("user", &[Block::UserFile], "A line of the user file.")
        .args(&[one("name", USER)])
        .props(&[must("password", Type::Text, "Password.")]),
    Word::new("allow", &[Block::Gateway], "Hosts the clientless proxy may reach besides the StoreFront.")
        .args(&[many("host or host:port", Type::Text)]),
    Word::new("sta", &[Block::Gateway], "STAs at which tickets are redeemed.").args(&[many("name", HOST)]),
    Word::new("smart-access", &[Block::Gateway], "Farm and condition told to StoreFront's call-back.")
        .props(SMART_ACCESS),
    // StoreFront.
    Word::new("broker", &[Block::Storefront], "XML brokers asked, in this order.")
        .args(&[many("name", HOST)]),
    Word::new("sta", &[Block::Storefront], "STAs from which tickets are requested, in this order.")
        .args(&[many("name", HOST)]),
    // Broker.
    Word::new("app", &[Block::Broker], "A published app.")
        .args(&[one("name", Type::Name("app"))])
        .holds(Block::App),
    Word::new("server", &[Block::Broker], "What the broker believes of an ICA host.")
        .args(&[one("name", HOST)])
        .props(&[prop("load", Type::Amount, "Load index, 0 (idle) to 10000 (full); 0.")]),
    Word::new("server", &[Block::App], "ICA hosts that can run it.").args(&[many("name", HOST)]),
    Word::new("user", &[Block::App], "Users who may see it; everybody without this line.")
        .args(&[many("name", USER)]),
    Word::new("smart-access", &[Block::App], "Only for sessions that carry this farm and condition.")
        .props(SMART_ACCESS),
    // RADIUS.
    Word::new("user", &[Block::Radius], "A user this server knows.")
        .args(&[one("name", USER)])
        .props(&[
            prop("password", Type::Text, "Password; that of the directory."),
            prop("class", Type::Text, "Class of the Access-Accept; none."),
            prop("session-timeout", Type::Time, "How long the session may last (whole seconds); as the gateway says."),
            prop("approves-after", Type::Time, "How long each answer takes, as when a person must approve; at once."),
        ])
        .may_hold(Block::RadiusUser),
    Word::new("group", &[Block::RadiusUser], "Groups that the Access-Accept names (Filter-Id).")
        .args(&[many("name", Type::Text)]),
    Word::new(
        "challenge",
        &[Block::RadiusUser],
        "A challenge once the password is right; several: one after another.",
    )
    .args(&[one("text", Type::Text)])
    .props(&[must("answer", Type::Text, "What the user must answer.")]),
    // Directory.
    Word::new("account", &[Block::Ldap], "With which the gateway looks users up; without it anybody may.")
        .args(&[one("dn", Type::Text)])
        .props(&[must("password", Type::Text, "Its password.")]),
    Word::new("user", &[Block::Ldap], "A user this server knows.").args(&[one("name", USER)]).props(&[
        prop("password", Type::Text, "Password; that of the directory."),
        prop("dn", Type::Text, "Distinguished name; `CN=<name>,CN=Users` below the base."),
        prop("state", Type::Choice(words::<AccountState>), "What is wrong with the account; nothing."),
    ]),
    Word::new("group", &[Block::Ldap], "A group and who is in it.")
        .args(&[one("dn", Type::Text), many("user", USER)]),
    // Anakam.TFA.
    Word::new("user", &[Block::Anakam], "A user this server knows.").args(&[one("name", USER)]).props(&[
        prop("email", Type::Text, "Where passcodes by e-mail go; `<name>@example.test`."),
        prop("phone", Type::Text, "Where passcodes by SMS go."),
    ]),
];
