//! A launch file, and the text format below it, survive being written and read again.
#![no_main]

use gateway_proto::ica_file::{Ini, LaunchFile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    if let Ok(ini) = Ini::parse(file) {
        assert!(Ini::parse(ini.write().as_bytes()) == Ok(ini));
    }
    // Reading is more tolerant than writing: an application named like a fixed section, for one.
    let Ok(launch) = LaunchFile::parse(file) else { return };
    if let Ok(written) = launch.write() {
        assert!(LaunchFile::parse(written.expose()) == Ok(launch));
    }
});
