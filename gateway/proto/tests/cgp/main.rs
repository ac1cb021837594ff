//! Client, gateways and host of CGP together: no byte lost, none doubled, whatever the network does.

mod model;

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_accepted_byte_arrives_once_and_in_order(acts in model::acts()) {
        model::Case::new().run(&acts)?;
    }
}
