//! Every bound of this crate, with its reason.

/// Bytes of a text value while an expression runs. The appliance has no public figure; 1 MiB (ours) holds any
/// body that a policy reads here and stops `$a + $a` chains from growing without end.
pub const TEXT_BYTES: usize = 1 << 20;

/// Steps (calls, operators, literals) one rule may take before it becomes undefined. Ours: a thousand times the
/// longest rule of the public corpus; stands for the appliance's `set policy param -timeout`.
pub const EVALUATION_STEPS: u32 = 1_000_000;

/// How deep an expression may nest, counted in parentheses, operators and arguments. Ours; keeps recursion off
/// the end of a 2 MiB stack.
pub const EXPRESSION_DEPTH: usize = 200;

/// Parts of expressions that are worked out once for a request. Ours: rules ask for a few, a hostile file could name
/// any number, and each request makes room for all.
pub const SHARED_PARTS: usize = 256;

/// Bytes of a text that is remembered for the rest of a request. Ours; with the bound above it keeps them under 1 MiB.
pub const SHARED_BYTES: usize = 4096;

/// Lines that one quoted value may run over. Ours: hard-wrapped mail and pasted pages stay far below it.
pub const JOINED_LINES: usize = 200;

/// Bytes of one configuration file. Ours: a save of a large appliance has a few MiB.
pub const FILE_BYTES: usize = 16 << 20;

/// Findings kept of one configuration; a note says when there are more. Ours: nobody reads so many.
pub const DIAGNOSTICS: usize = 10_000;

/// Bytes of a text variable, or of a map's key and value together (command reference, `ns-variable`).
pub const VARIABLE_BYTES: usize = 64_000;

/// Entries a map may be declared with. Ours: the reference gives none; a key of a few bytes in each is 100 MiB.
pub const MAP_ENTRIES: usize = 1_000_000;

/// Headers or parameters of one call-out or responder action (command reference, `policy-httpCallout`).
pub const HEADERS: usize = 8;

/// How deep `-invoke` may lead from one bank to the next. Ours; the vendor's figure is not public.
pub const INVOCATIONS: usize = 16;

/// Bytes of one expression's text. The appliance stops at 8191; ten times that keeps a mistake readable.
pub const EXPRESSION_BYTES: usize = 80 * 1024;

/// Operators, calls and operands of one expression. Ours; the longest of the public corpus has a few hundred.
pub const EXPRESSION_NODES: usize = 20_000;

/// How deep named expressions may refer to each other. Ours; cycles are an error at load, this holds without it.
pub const NAMED_DEPTH: usize = 16;

/// Bytes that one step of the budget pays for when text is searched, copied or parsed. Ours: a step then costs
/// about as much time as a call.
pub const BYTES_PER_STEP: usize = 256;

/// Bytes of a regular expression, as the vendor documents.
pub const REGEX_BYTES: usize = 1499;

/// Bytes a compiled regular expression may take. Ours; `\w{1000}`-like patterns are refused, not compiled.
pub const REGEX_COMPILED_BYTES: usize = 1 << 20;

/// Elements, attributes and texts of one XML or JSON document. Ours; a call-out's answer has some tens.
pub const TREE_NODES: usize = 20_000;

/// Levels of one XML or JSON document. Ours; as the other XML readers here.
pub const TREE_DEPTH: usize = 64;

/// Steps, operators and arguments of one XPath. Ours.
pub const XPATH_STEPS: usize = 64;

/// How deep parentheses, arguments and predicates of an XPath may nest. Ours.
pub const XPATH_DEPTH: usize = 16;

/// Nodes that one XPath may look at, counted each time. Ours; fifty times the largest document.
pub const XPATH_VISITS: usize = 1_000_000;

/// Nodes that explaining one evaluation keeps; the rest is counted. Ours; nobody reads more.
pub const TRACE_NODES: usize = 5_000;

/// Instances of a header that can be counted, as the vendor documents; more are undefined.
pub const HEADER_INSTANCES: usize = 15;

/// Characters of a string literal an appliance accepts; longer text is joined with `+`. Only a warning here.
pub const LITERAL_BYTES: usize = 255;

/// Regular expressions in one expression. Ours; bounds what compiling them may take together.
pub const PATTERNS: usize = 64;

/// Bytes of a text that an explanation shows. Ours; with the bound above it keeps an explanation under 5 MB.
pub const TRACE_TEXT_BYTES: usize = 1024;

/// Bytes of a link's tag that the repair of an article undoes. Ours: the longest address a browser is sure to take.
pub const LINK_BYTES: usize = 2_048;

/// Characters of a rule (9.2 Policy Configuration and Reference Guide, page 190). Only a warning here.
pub const RULE_TEXT: usize = 1_499;

/// Characters of an expression of a call-out (same source). Only a warning here.
pub const CALLOUT_TEXT: usize = 8_191;

/// Headers of one message that a configuration wrote or a call-out answered. Ours: browsers send some twenty.
pub const MESSAGE_HEADERS: usize = 256;

/// Bytes of an answer to a call-out, head and body. Ours: a document that a result expression searches.
pub const CALLOUT_ANSWER_BYTES: usize = 1 << 20;

/// Call-outs one request may send. Ours: one for each step of the longest published log-in, four times over.
pub const CALLOUTS_PER_REQUEST: usize = 32;

/// Call-outs within the expressions of call-outs. Ours: nobody nests them; a call-out that needs itself ends here.
pub const CALLOUT_DEPTH: usize = 4;

/// Answers kept for `-cacheForSecs`. Ours: a thousand small documents.
pub const CACHED_ANSWERS: usize = 1000;

/// Counts kept for all rate limits together. Ours: as many clients as a session map of the published size has.
pub const LIMIT_RECORDS: usize = 10_000;

/// Bytes of an audit message; an appliance cuts at about as many.
pub const MESSAGE_BYTES: usize = 1024;

/// Policies looked at for one request. Banks only go forward, but labels can multiply; ours.
pub const POLICIES_TRIED: usize = 10_000;

/// Expressions embedded in one HTML page; the vendor documents this number.
pub const PAGE_EXPRESSIONS: usize = 1000;
