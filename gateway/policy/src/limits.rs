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

/// Lines that one quoted value may run over. Ours: hard-wrapped mail and pasted pages stay far below it.
pub const JOINED_LINES: usize = 200;

/// Bytes of one configuration file. Ours: a save of a large appliance has a few MiB.
pub const FILE_BYTES: usize = 64 << 20;

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
