//! An accepted path has one normal form, and a redirect leads nowhere but to a published target.
#![no_main]

use gateway_proto::cvpn::{CvpnUrl, Rewriter, Target};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(url) = CvpnUrl::parse(text) {
        assert!(CvpnUrl::parse(&url.to_path()) == Ok(url.clone()));
        assert!(CvpnUrl::from_url(&url.to_string()) == Ok(url));
    }
    let page = CvpnUrl::parse("/cvpn/https/site.example/a/b?c").expect("a plain path");
    let published = |target: &Target| target == page.target();
    if let Ok(ours) = Rewriter::new(&page, &published).location(text) {
        let path = ours.split('#').next().unwrap_or_default();
        let url = CvpnUrl::parse(path).expect("what we send we accept");
        assert!(published(url.target()));
        let path = url.path_and_query().split('?').next().unwrap_or_default().to_ascii_lowercase();
        assert!(!path.replace("%2e", ".").split('/').any(|segment| segment == ".."));
    }
});
