mod client;

use gateway_proto::ica_file::LaunchFile;
use serde_json::Value;

use super::*;
use crate::behaviour::{Misbehaviour, Operation};
use crate::{broker, sta};
use client::{Client, GATEWAY, conditions_server, listen, rt};

/// A StoreFront with a broker and an STA, and a client in the place of the gateway.
struct Lab {
    store: Arc<StoreFront>,
    broker: Arc<broker::Mock>,
    sta: Arc<sta::Mock>,
    client: Client,
}

async fn lab(change: impl FnOnce(&mut Config)) -> Lab {
    let rt = rt();
    let mut farm = broker::Farm::new("Farm1");
    farm.users = vec![broker::User::new("alice", "Winter-26")];
    farm.apps = vec![broker::App::new("Notepad"), broker::App::new("Payroll")];
    farm.servers = vec![broker::Server::new("vda01", "192.0.2.10:1494".parse().unwrap())];
    let broker = Arc::new(broker::Mock::new(broker::Config::new(farm), Journal::default()).unwrap());
    let sta = sta::Mock::new(sta::Config::new("STA01".parse().unwrap()), Journal::default());
    let sta = Arc::new(sta.unwrap());
    let (broker_listener, broker_at) = listen(&rt).await;
    let (sta_listener, sta_at) = listen(&rt).await;
    let (listener, at) = listen(&rt).await;
    let mut config = Config::new(GATEWAY.parse().unwrap());
    config.brokers = vec![Endpoint::http(broker_at)];
    config.stas = vec![Endpoint::http(sta_at)];
    config.deadline = Duration::from_secs(5);
    change(&mut config);
    let store = Arc::new(StoreFront::new(config, Journal::default()).unwrap());
    let (b, s, w) = (broker.clone(), sta.clone(), store.clone());
    let (rt1, rt2, rt3) = (rt.clone(), rt.clone(), rt.clone());
    rt.spawn("broker", async move { b.serve_on(rt1, broker_listener).await.unwrap() });
    rt.spawn("sta", async move { s.serve_on(rt2, sta_listener).await.unwrap() });
    rt.spawn("store", async move { w.serve_on(rt3, listener).await.unwrap() });
    Lab { store, broker, sta, client: Client::new(rt, at) }
}

fn call_back(to: HostPort, required: bool) -> CallBack {
    CallBack { to: Endpoint::http(to), token: Some(Secret::from("callback-token")), required }
}

impl Lab {
    fn told(&self) -> Vec<gateway_rt::Told> {
        use gateway_rt::Tell as _;
        self.store.journal().entries().iter().map(Seen::tell).collect()
    }

    /// The names on the list of a client that logs on first.
    async fn list(&mut self) -> Vec<String> {
        self.client.begin().await;
        let logged_on = self.client.log_on("alice", "Winter-26").await;
        assert_eq!(logged_on.status, 200, "{}", logged_on.text);
        let list: Value =
            serde_json::from_str(&self.client.script("Resources/List", "format=json").await.text).unwrap();
        list["resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|app| app["name"].as_str().unwrap().to_owned())
            .collect()
    }
}

// Log-on and list

#[tokio::test]
async fn the_documented_sequence_leads_to_an_ica_file() {
    let mut lab = lab(|_| {}).await;
    lab.client.begin().await;
    let unknown = lab.client.script("Resources/List", "format=json&resourceDetails=Default").await;
    assert_eq!((unknown.status, unknown.text.as_str()), (200, "{\"unauthorized\":true}"));
    let how = unknown.header("citrixwebreceiver-authenticate").unwrap();
    assert_eq!(how, "reason=\"TokenRequired\", location=\"Authentication/GetAuthMethods\"");
    let methods = lab.client.script("Authentication/GetAuthMethods", "").await;
    assert!(
        methods.text.contains("<method name=\"CitrixAGBasic\" url=\"GatewayAuth/Login\"/>"),
        "{}",
        methods.text
    );
    assert_eq!(lab.list().await, ["Notepad", "Payroll"]);
    assert_eq!(lab.store.logged_on(), 1);
    assert_eq!(lab.client.script("Authentication/GetUserName", "").await.text, "alice");
    let ready = lab.client.script("Resources/GetLaunchStatus/RmFybTEuTm90ZXBhZA--", "").await;
    assert_eq!(ready.text, "{\"fileFetchUrl\":null,\"status\":\"success\"}");
    let answer = lab.client.launch("RmFybTEuTm90ZXBhZA--").await;
    assert_eq!(answer.header("content-type"), Some("application/x-ica; charset=utf-8"));
    let file = LaunchFile::parse(answer.text.as_bytes()).unwrap();
    assert_eq!((file.application.as_str(), file.gateway.to_string().as_str()), ("Notepad", GATEWAY));
    let stands_for = lab.sta.redeem(&file.ticket).unwrap();
    assert_eq!(stands_for.ica_address.unwrap().to_string(), "192.0.2.10:1494");
    assert!(
        stands_for.cgp_address.is_none() && stands_for.x_data.unwrap().contains("<UserName>alice</UserName>")
    );
    let logon = file.logon_ticket.unwrap();
    assert_eq!(lab.broker.redeem_logon_ticket(logon.expose_str().unwrap()).as_deref(), Some("alice"));
}

#[tokio::test]
async fn session_reliability_asks_for_both_addresses() {
    let mut lab = lab(|config| config.session_reliability = true).await;
    lab.list().await;
    let file = LaunchFile::parse(lab.client.launch("RmFybTEuTm90ZXBhZA--").await.text.as_bytes()).unwrap();
    assert!(file.session_reliability.is_some());
    assert_eq!(lab.sta.redeem(&file.ticket).unwrap().cgp_address.unwrap().to_string(), "192.0.2.10:2598");
}

#[tokio::test]
async fn a_person_without_script_clicks_through() {
    let mut lab = lab(|_| {}).await;
    let moved = lab.client.get("/Citrix/StoreWeb").await;
    assert_eq!((moved.status, moved.header("location")), (301, Some("/Citrix/StoreWeb/")));
    let page = lab.client.get("/Citrix/StoreWeb/").await;
    assert!(page.text.contains("action=\"GatewayAuth/Login\""), "{}", page.text);
    let back = lab.client.log_on_by_form("alice", "Winter-26").await;
    assert_eq!((back.status, back.header("location")), (303, Some("../")));
    let page = lab.client.get("/Citrix/StoreWeb/").await;
    let mut links = page.text.split("href=\"").filter_map(|rest| rest.split('"').next());
    let link = links.find(|link| link.starts_with("Resources/")).unwrap();
    let file = lab.client.get(&format!("/Citrix/StoreWeb/{}", link.replace("&amp;", "&"))).await;
    assert!(LaunchFile::parse(file.text.as_bytes()).is_ok(), "{}", file.text);
}

#[tokio::test]
async fn logging_off_ends_the_session_and_clears_the_cookies() {
    let mut lab = lab(|_| {}).await;
    lab.list().await;
    let off = lab.client.script("Authentication/Logoff", "").await;
    assert_eq!((off.status, lab.store.logged_on()), (200, 0));
    let late = lab.client.script("Resources/List", "").await;
    assert_eq!((late.status, late.header("x-storefront-reason")), (403, Some("no-session")));
}

// Refusals

#[tokio::test]
async fn scripts_and_links_prove_where_they_come_from() {
    let mut lab = lab(|_| {}).await;
    lab.list().await;
    let base = "/Citrix/StoreWeb/";
    for (method, target, headers, status, reason) in [
        ("POST", "Resources/List", vec![("X-Citrix-IsUsingHTTPS", "Yes")], 403, "csrf-token"),
        (
            "POST",
            "Resources/List",
            vec![("X-Citrix-IsUsingHTTPS", "Yes"), ("Csrf-Token", "00")],
            403,
            "csrf-token",
        ),
        ("POST", "Resources/List", vec![("X-Citrix-IsUsingHTTPS", "Maybe")], 403, "is-using-https"),
        ("GET", "Resources/LaunchIca/RmFybTEuTm90ZXBhZA--.ica?IsUsingHttps=Yes", vec![], 403, "csrf-token"),
        ("GET", "Resources/List", vec![], 405, "method-not-allowed"),
        ("GET", "Resources/Nothing", vec![], 404, "not-found"),
    ] {
        let answer = lab.client.send(method, &format!("{base}{target}"), &headers, "").await;
        assert_eq!((answer.status, answer.header("x-storefront-reason")), (status, Some(reason)), "{target}");
    }
    let unknown = lab.client.launch("bm90aGluZw--").await;
    assert_eq!((unknown.status, unknown.header("x-storefront-reason")), (404, Some("unknown-resource")));
    let stolen = lab.client.without_cookie("CtxsAuthId").script("Resources/List", "").await;
    assert_eq!((stolen.status, stolen.header("x-storefront-reason")), (403, Some("auth-id")));
}

#[tokio::test]
async fn only_the_configured_gateway_signs_users_on() {
    let mut lab = lab(|_| {}).await;
    lab.client.begin().await;
    let plain = lab.client.script("GatewayAuth/Login", "").await;
    assert_eq!((plain.status, plain.header("x-storefront-reason")), (403, Some("no-gateway")));
    let wrong = lab.client.log_on("alice", "Summer-26").await;
    assert_eq!((wrong.status, wrong.header("x-storefront-reason")), (403, Some("failed-credentials")));
    assert!(wrong.text.contains("<Result>fail</Result>"), "{}", wrong.text);
    lab.client.via = "other.example.test".to_owned();
    let foreign = lab.client.log_on("alice", "Winter-26").await;
    assert_eq!((foreign.status, foreign.header("x-storefront-reason")), (403, Some("unknown-gateway")));
    assert_eq!(lab.store.logged_on(), 0);
}

// The call-back and SmartAccess

#[tokio::test]
async fn apps_that_need_a_condition_are_hidden_without_it() {
    let needs = |config: &mut Config| {
        let condition = AccessCondition { farm: "vs_gw".into(), condition: "compliant".into() };
        config.requires = BTreeMap::from([("Payroll".to_owned(), vec![condition])]);
    };
    let mut without = lab(needs).await;
    assert_eq!(without.list().await, ["Notepad"]);
    let hidden = without.client.launch("RmFybTEuUGF5cm9sbA--").await;
    assert_eq!(hidden.header("x-storefront-reason"), Some("unknown-resource"));
    let gateway = conditions_server(true).await;
    let mut with = lab(|config| {
        needs(config);
        config.call_back = Some(call_back(gateway, true));
    })
    .await;
    assert_eq!(with.list().await, ["Notepad", "Payroll"]);
    let lines: Vec<String> = with.told().iter().map(|told| told.line.to_string()).collect();
    assert!(lines.iter().any(|line| line == "alice logged on with vs_gw/compliant"), "{lines:#?}");
}

#[tokio::test]
async fn a_refused_call_back_fails_the_log_on_only_when_it_is_required() {
    for (required, status, reason) in [(true, 403, Some("call-back-refused")), (false, 200, None)] {
        let gateway = conditions_server(false).await;
        let mut lab = lab(|config| config.call_back = Some(call_back(gateway, required))).await;
        lab.client.begin().await;
        let answer = lab.client.log_on("alice", "Winter-26").await;
        assert_eq!((answer.status, answer.header("x-storefront-reason")), (status, reason));
    }
}

// Back ends that fail

#[tokio::test]
async fn the_next_broker_and_the_next_sta_are_asked() {
    let (_, nobody) = listen(&rt()).await;
    let mut lab = lab(|config| {
        config.brokers.insert(0, Endpoint::http(nobody.clone()));
        config.stas.insert(0, Endpoint::http(nobody));
    })
    .await;
    lab.list().await;
    assert!(LaunchFile::parse(lab.client.launch("RmFybTEuTm90ZXBhZA--").await.text.as_bytes()).is_ok());
    let unreachable = lab.told().iter().filter(|told| told.kind == "storefront.unreachable").count();
    assert!(unreachable >= 2, "{unreachable}");
}

#[tokio::test]
async fn a_failed_launch_says_why() {
    let mut lab = lab(|_| {}).await;
    lab.list().await;
    lab.sta.misbehave(vec![Rule::always(Misbehaviour::Refuse)]).unwrap();
    let no_sta = lab.client.launch("RmFybTEuTm90ZXBhZA--").await;
    assert_eq!(
        (no_sta.status, no_sta.text.as_str()),
        (503, "{\"errorId\":\"no-sta\",\"status\":\"failure\"}")
    );
    assert!(lab.broker.set_available("vda01", false));
    let no_server = lab.client.launch("RmFybTEuTm90ZXBhZA--").await;
    assert_eq!(no_server.header("x-storefront-reason"), Some("no-server"));
    lab.broker.misbehave(vec![Rule::always(Misbehaviour::Garbage)]).unwrap();
    let no_broker = lab.client.launch("RmFybTEuTm90ZXBhZA--").await;
    assert_eq!(no_broker.header("x-storefront-reason"), Some("no-broker"));
}

// Misbehaviour

#[tokio::test]
async fn operations_misbehave_on_their_own() {
    let mut lab = lab(|config| {
        config.misbehaviours = vec![
            Rule::only(1, Misbehaviour::Error("no-server".into())).on(Operation::Launch),
            Rule::only(2, Misbehaviour::Error("502".into())).on(Operation::List),
        ];
    })
    .await;
    lab.list().await;
    assert_eq!(lab.client.script("Resources/List", "").await.status, 502);
    let first = lab.client.launch("RmFybTEuTm90ZXBhZA--").await;
    assert_eq!((first.status, first.header("x-storefront-reason")), (503, Some("no-server")));
    assert_eq!(lab.client.launch("RmFybTEuTm90ZXBhZA--").await.status, 200);
    let rules = vec![Rule::always(Misbehaviour::WrongSecret)];
    assert!(lab.store.misbehave(rules).is_err());
}

#[tokio::test]
async fn what_is_told_has_a_known_kind_and_no_secret() {
    let gateway = conditions_server(true).await;
    let mut lab = lab(|config| config.call_back = Some(call_back(gateway, true))).await;
    lab.list().await;
    let file = LaunchFile::parse(lab.client.launch("RmFybTEuTm90ZXBhZA--").await.text.as_bytes()).unwrap();
    lab.client.script("Authentication/Logoff", "").await;
    let ticket = file.ticket.token().expose_str().unwrap();
    for told in lab.told() {
        assert!(KINDS.contains(&told.kind), "{}", told.kind);
        let shown = format!("{} {:?}", told.line, told.fields);
        for secret in ["Winter-26", "callback-token", client::HANDLE, ticket] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    let lines: Vec<String> = lab.told().iter().map(|told| told.line.to_string()).collect();
    assert!(lines.iter().any(|line| line.starts_with("ICA file for alice: Notepad on 192.0.2.10:1494")));
}
