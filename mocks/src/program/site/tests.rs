use super::*;

fn read(text: &str) -> Result<Site, String> {
    toml::from_str(text).map_err(|error| with_hint(&error.to_string()))
}

#[test]
fn the_template_is_the_built_in_site() {
    assert_eq!(read(TEMPLATE), Ok(Site::default()));
    assert_eq!(read(""), Ok(Site::default()));
}

#[test]
fn what_the_template_mentions_can_be_switched_on() {
    let switched_on: String = TEMPLATE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(setting) if setting.contains(" = ") => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let site = read(&switched_on).unwrap();
    assert!(site.storefront.call_back.is_some_and(|call_back| call_back.required));
    assert_eq!(site.sta.misbehaviours.len(), 1);
    assert_eq!(site.radius.secret_file, Some("radius.secret".into()));
}

#[test]
fn a_slip_is_told_with_its_place_and_what_was_meant() {
    let error = read("[sta]\nlistn = \"127.0.0.1:1\"\n").unwrap_err();
    assert!(error.contains("line 2") && error.ends_with("did you mean `listen`?"), "{error}");
    let error = read("[[user]]\nname = \"x\"\npassword = \"y\"\nrefusal = \"account-locked\"\n").unwrap_err();
    assert!(error.contains("did you mean \"account-locked-out\"?"), "{error}");
    for wrong in ["[sta]\nid = \"no spaces\"", "[sta]\nlifetime = 100", "[broker]\nlisten = \"localhost\""] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_list_takes_the_place_of_the_whole_list() {
    let site = read("[[user]]\nname = \"dave\"\npassword = \"Summer-26\"\n").unwrap();
    assert_eq!(site.users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["dave"]);
    assert_eq!(site.apps, Site::default().apps);
}
