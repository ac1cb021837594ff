//! Words of a receiver: what a user does, and what the wire can be made to say.

use super::{Block, Prop, Type, Word, maybe, must, one, prop, words};
use crate::scenario::plan::Agent;

const STEPS: &[Block] = &[Block::Steps];
const APP: Type = Type::Name("app");
const USER: Type = Type::Name("user");
const HOST: Type = Type::Name("host");

const WITHIN: Prop = prop("within", Type::Time, "How long to wait for it.");
const AS: Prop = prop("as", Type::Choice(words::<Agent>), "What the client says it is; browser.");
const AS_BEFORE: Prop =
    prop("as", Type::Choice(words::<Agent>), "What the client says it is from here on; as before.");
const COOKIES: Prop = prop("cookies", Type::Flag, "Whether cookies received so far go along; #true.");
const STALE_COOKIES: Prop =
    prop("stale-cookies", Type::Flag, "Whether cookies that were taken away or replaced go along; #false.");
const REPEATED: Prop = prop("times", Type::Number, "How many times the value stands in a row; once.");

/// What can be said of a page; shared with the expectations over the run.
pub(super) const PAGE: &[Prop] = &[
    prop("status", Type::Status, "Status code."),
    prop("header", Type::Text, "A header line, `Name: value`; the name alone: that it is there."),
    prop("body", Type::Text, "Text that is part of the body."),
    prop("redirect", Type::Text, "The `Location` header, exactly."),
    prop("reason", Type::Name("reason"), "The reason code shown."),
];

pub(super) const WORDS: &[Word] = &[
    Word::new(
        "receiver",
        &[Block::Scenario, Block::Case],
        "Steps of one receiver, in order. Receivers run side by side.",
    )
    .args(&[one("machine", HOST)])
    .props(&[
        prop("user", USER, "Who logs in where a step names nobody."),
        AS,
        prop("gateway", HOST, "The gateway it talks to; the only one."),
        prop(
            "count",
            Type::Number,
            "So many side by side on the machine, at most 5000: as that user, each with cookies and connections of its \
             own; one.",
        ),
    ])
    .holds(Block::Steps),
    Word::new("use", STEPS, "Takes in the steps of a fragment.")
        .args(&[one("file", Type::Name("fragment file"))]),
    // The user.
    Word::new("login", STEPS, "Opens the log-in page and sends name and password.").props(&[
        prop("user", USER, "Name; the receiver's user."),
        prop("password", Type::Text, "Password; that of the directory."),
        AS_BEFORE,
    ]),
    Word::new(
        "answer",
        STEPS,
        "Answers a challenge; without a text: as the RADIUS server or the user's phone has it.",
    )
    .args(&[maybe("text", Type::Text)])
    .props(&[prop("user", USER, "Whose answer; that of the user who logs in.")]),
    Word::new(
        "transfer",
        STEPS,
        "Answers the page that offers to end the user's session elsewhere: ends it and goes on here.",
    )
    .props(&[prop("accept", Type::Flag, "#false: cancels, and the other session stays.")]),
    Word::new("apps", STEPS, "Asks the store for the list of apps."),
    Word::new("launch", STEPS, "Starts an app: fetches its ICA file.").args(&[one("app", APP)]),
    Word::new(
        "connect",
        STEPS,
        "Connects with the ICA file fetched last; a second time: with the same ticket.",
    ),
    Word::new("type", STEPS, "Types into the session.").args(&[one("text", Type::Text)]).props(&[
        prop("every", Type::Time, "Pause between repetitions."),
        prop("times", Type::Number, "How many times; once."),
    ]),
    Word::new("stream", STEPS, "Sends a stream through the session and compares every byte that comes back.")
        .props(&[
            must("kilobytes", Type::Number, "How many thousand bytes."),
            prop("within", Type::Time, "How long it may take; 60s."),
        ]),
    Word::new("wait", STEPS, "Does nothing for this time.").args(&[one("time", Type::Time)]),
    Word::new(
        "cookies-of",
        STEPS,
        "Goes on with the cookies that this machine has now: the same client at another address, or a thief.",
    )
    .args(&[one("machine", Type::Name("host"))]),
    Word::new(
        "resume-of",
        STEPS,
        "Shows the newest reconnect ticket of this machine, as a thief who has the ticket and not the session's token.",
    )
    .args(&[one("machine", Type::Name("host"))]),
    Word::new(
        "mark",
        STEPS,
        "Names this moment for `after`. Faults that begin here do so before the next step.",
    )
    .args(&[one("name", Type::Name("mark"))]),
    Word::new("disconnect", STEPS, "Closes the ICA connection; the gateway session stays."),
    Word::new("logout", STEPS, "Ends the gateway session as the log-out link does."),
    // The wire.
    Word::new("get", STEPS, "One HTTP request, redirects not followed.")
        .args(&[one("target", Type::Text)])
        .props(&[COOKIES, STALE_COOKIES])
        .may_hold(Block::Request),
    Word::new("post", STEPS, "One HTTP request with a form or a body, redirects not followed.")
        .args(&[one("target", Type::Text)])
        .props(&[prop("body", Type::Text, "Body instead of form fields."), COOKIES, STALE_COOKIES])
        .may_hold(Block::Request),
    Word::new("header", &[Block::Request], "A header field.")
        .args(&[one("name", Type::Text), one("value", Type::Text)])
        .props(&[REPEATED]),
    Word::new("field", &[Block::Request], "A form field, only in `post`.")
        .args(&[one("name", Type::Text), maybe("value", Type::Text)])
        .props(&[
            REPEATED,
            prop(
                "passcode",
                Type::Name("user"),
                "Instead of a value: the passcode this user's phone got last.",
            ),
        ]),
    Word::new("open", STEPS, "Opens a bare TCP connection to the gateway and says nothing.").props(&[
        prop("port", Type::Port, "Another port than the gateway's."),
        prop("count", Type::Number, "So many at a time, the last of them being the open one; one."),
    ]),
    Word::new("tls", STEPS, "Makes a TLS handshake on the open connection, opening one when there is none.")
        .props(&[prop("unfinished", Type::Flag, "#true: stops after its first flight.")]),
    Word::new(
        "socks",
        STEPS,
        "Sends a SOCKS CONNECT on the open connection, making TLS first when there is none. Without \
         ticket and address: for the ICA file fetched last.",
    )
    .props(&[
        prop("ticket", Type::Text, "Destination, sent as a domain name: `;40;STA01;…`."),
        prop("address", Type::Text, "Destination `host:port`, as an ordinary proxy would be asked."),
        prop("bare", Type::Flag, "#true: without the greeting, as some native clients do."),
    ]),
    Word::new("guess", STEPS, "Presents so many made-up tickets, each on a connection of its own.")
        .args(&[one("count", Type::Number)])
        .props(&[must("sta", Type::Text, "The id of the STA they claim to be of.")]),
    Word::new(
        "send",
        STEPS,
        "Sends a text, or bytes, on the open connection; inside TLS once there was a handshake.",
    )
    .args(&[maybe("text", Type::Text)])
    .props(&[prop("hex", Type::Hex, "Bytes, such as \"05 01 00\".")]),
    Word::new(
        "half-close",
        STEPS,
        "Ends our side of the ICA connection, else of the open connection; what the other side still sends \
         arrives.",
    ),
    Word::new("close", STEPS, "Closes the open connection, and those that were opened with it."),
    // What must be so now.
    Word::new("expect challenge", STEPS, "A challenge page, with this text.")
        .args(&[maybe("text", Type::Text)]),
    Word::new("expect transfer", STEPS, "A page that offers to end the user's session elsewhere."),
    Word::new("expect session", STEPS, "A gateway session."),
    Word::new("expect no-session", STEPS, "No gateway session."),
    Word::new("expect page", STEPS, "The last HTTP answer. `page` may be left out.").props(PAGE),
    Word::new("expect app", STEPS, "The list of apps has this one.").args(&[one("app", APP)]),
    Word::new("expect no-app", STEPS, "The list of apps does not have this one.").args(&[one("app", APP)]),
    Word::new("expect ica-file", STEPS, "The ICA file fetched last.").props(&[
        prop("address", Type::Pattern, "Regular expression for `Address`."),
        prop("ssl-proxy", Type::Text, "`SSLProxyHost`, exactly."),
    ]),
    Word::new("expect connected", STEPS, "The ICA connection stands.").props(&[WITHIN]),
    Word::new("expect echo", STEPS, "The app sent this text back.")
        .args(&[one("text", Type::Text)])
        .props(&[prop("times", Type::Number, "How many times in a row; once."), WITHIN]),
    Word::new("expect refused", STEPS, "The last log-in, launch or connection was turned down.").props(&[
        prop("by", HOST, "Who turned it down."),
        prop("reason", Type::Name("reason"), "Its reason code."),
        WITHIN,
    ]),
    Word::new("expect closed", STEPS, "The other side closed the connection.").props(&[WITHIN]),
    Word::new(
        "expect reply",
        STEPS,
        "What comes back on the open connection begins with this text, or these bytes.",
    )
    .args(&[maybe("text", Type::Text)])
    .props(&[prop("hex", Type::Hex, "Bytes, such as \"05 00\"."), WITHIN]),
];
