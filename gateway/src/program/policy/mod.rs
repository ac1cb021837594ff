//! `gateway policy`: NetScaler configurations off the appliance.

mod check;
mod eval;
mod files;
mod sarif;
mod tell;
mod test;
mod world;

use clap::Subcommand;

use super::failure::Failure;

/// What can be done with a configuration.
#[derive(Subcommand)]
pub(super) enum PolicyVerb {
    /// Says what is wrong with saved configurations, and how much of them can be evaluated
    Check(check::Arguments),
    /// Says what becomes of requests and why, or what an expression is worth
    Eval(Box<eval::Arguments>),
    /// Runs the requests of test files through a configuration and says which did not come out as expected
    Test(test::Arguments),
}

/// Does it.
pub(super) fn policy(verb: &PolicyVerb) -> Result<(), Failure> {
    match verb {
        PolicyVerb::Check(arguments) => check::check(arguments),
        PolicyVerb::Eval(arguments) => eval::eval(arguments),
        PolicyVerb::Test(arguments) => test::test(arguments),
    }
}
