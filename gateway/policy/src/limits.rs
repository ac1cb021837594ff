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
