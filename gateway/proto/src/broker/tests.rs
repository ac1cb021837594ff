use proptest::prelude::*;

use super::*;
use crate::secret::Secret;
use crate::xml::tests::text;

fn document(message: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE NFuseProtocol SYSTEM \"NFuse.dtd\">\n<NFuseProtocol version=\"5.4\">{message}\
         </NFuseProtocol>"
    )
}

/// Checks that a message is written as `golden` and read back as itself.
fn check_request(request: &Request, golden: &str) {
    assert_eq!(request.write().unwrap(), document(golden));
    assert_eq!(Request::parse(document(golden).as_bytes()).as_ref(), Ok(request));
}

fn check_response(response: &Response, golden: &str) {
    assert_eq!(response.write().unwrap(), document(golden));
    assert_eq!(Response::parse(document(golden).as_bytes()).as_ref(), Ok(response));
}

fn refused(message: &str) -> BrokerError {
    Request::parse(document(message).as_bytes()).unwrap_err()
}

const CREDENTIALS: &str = "<Credentials><UserName>alice</UserName><Password encoding=\"ctx1\">MEGBKGAD</Password>\
                           <Domain type=\"NT\">CORP</Domain></Credentials>";

fn alice() -> Credentials {
    Credentials::with_password("alice", "CORP", "ab")
}

#[test]
fn golden_requests() {
    check_request(
        &Request::AppData(RequestAppData {
            app_name: "Farm1.Notepad".into(),
            client_name: "WI_abc".into(),
            client_address: "192.0.2.7".into(),
            ..RequestAppData::new(alice())
        }),
        &format!(
            "<RequestAppData><Scope traverse=\"subtree\"/><AppName>Farm1.Notepad</AppName>\
             <DesiredDetails>defaults</DesiredDetails><ServerType>all</ServerType><ClientType>all</ClientType>\
             {CREDENTIALS}<ClientName>WI_abc</ClientName><ClientAddress addresstype=\"dot\">192.0.2.7</ClientAddress>\
             </RequestAppData>"
        ),
    );
    check_request(
        &Request::Address(RequestAddress {
            name: AddressName::App("Farm1.Notepad".into()),
            client_name: "WI_abc".into(),
            credentials: Some(Credentials::name_only("alice", "CORP")),
        }),
        "<RequestAddress><Name><AppName>Farm1.Notepad</AppName></Name><ClientName>WI_abc</ClientName>\
         <ClientAddress addresstype=\"dns-port\"/><ServerAddress addresstype=\"dns-port\"/><Flags/><Credentials>\
         <UserName>alice</UserName><Domain type=\"NT\">CORP</Domain></Credentials></RequestAddress>",
    );
    check_request(
        &Request::Ticket(RequestTicket {
            credentials: alice(),
            ticket_tag: "192.0.2.10".into(),
            time_to_live_seconds: 200,
        }),
        &format!(
            "<RequestTicket>{CREDENTIALS}<TicketType>CtxLogon</TicketType><TicketTag>192.0.2.10</TicketTag>\
             <TimetoLive>200</TimetoLive></RequestTicket>"
        ),
    );
    check_request(
        &Request::ValidateCredentials(alice()),
        &format!("<RequestValidateCredentials>{CREDENTIALS}</RequestValidateCredentials>"),
    );
    check_request(&Request::Capabilities, "<RequestCapabilities><Nil/></RequestCapabilities>");
    check_request(&Request::ServerFarmData, "<RequestServerFarmData><Nil/></RequestServerFarmData>");
    check_request(
        &Request::ServerData,
        "<RequestServerData><ServerType>all</ServerType><ClientType>all</ClientType></RequestServerData>",
    );
    check_request(
        &Request::ProtocolInfo,
        "<RequestProtocolInfo><ServerAddress addresstype=\"dns-port\"/></RequestProtocolInfo>",
    );
}

fn notepad() -> AppData {
    AppData {
        in_name: "Farm1.Notepad".into(),
        name: "Notepad".into(),
        description: "Editor".into(),
        publisher_name: "Farm1".into(),
        access: vec![
            Access::User { name: "alice".into(), domain: "CORP".into() },
            Access::Group { name: "Domain Users".into(), domain: "CORP".into() },
            Access::Anonymous,
        ],
        seq_no: -1_234_567,
        ..AppData::default()
    }
}

const APP_DATA: &str = "<AppData><InName>Farm1.Notepad</InName><FName>Notepad</FName><Details>\
     <Settings appisdisabled=\"false\" appisdesktop=\"false\"><Folder/><Description>Editor</Description>\
     <WinWidth>1024</WinWidth><WinHeight>768</WinHeight><WinColor>8</WinColor><WinType>pixels</WinType>\
     <WinScale>0</WinScale><SoundType minimum=\"false\">none</SoundType><VideoType minimum=\"false\">none</VideoType>\
     <Encryption minimum=\"true\">basic</Encryption><AppOnDesktop value=\"false\"/><AppInStartmenu value=\"false\"/>\
     <PublisherName>Farm1</PublisherName><SSLEnabled>false</SSLEnabled><RemoteAccessEnabled>true</RemoteAccessEnabled>\
     </Settings><AccessList><User><UserName>alice</UserName><Domain>CORP</Domain></User>\
     <Group><GroupName>Domain Users</GroupName><Domain>CORP</Domain></Group><AnonymousUser/></AccessList></Details>\
     <SeqNo>-1234567</SeqNo><ServerType>win32</ServerType><ClientType>ica30</ClientType></AppData>";

#[test]
fn golden_responses() {
    check_response(
        &Response::AppData(vec![notepad()]),
        &format!(
            "<ResponseAppData><AppDataSet><Scope traverse=\"subtree\"/>{APP_DATA}</AppDataSet></ResponseAppData>"
        ),
    );
    check_response(
        &Response::Address(ResponseAddress {
            server_address: "192.0.2.10:1494".parse().unwrap(),
            ticket_tag: "192.0.2.10".into(),
            ssl_relay_address: Some("xa1.example:443".parse().unwrap()),
        }),
        "<ResponseAddress><ServerAddress addresstype=\"dot-port\">192.0.2.10:1494</ServerAddress>\
         <ServerType>win32</ServerType><ConnectionType>tcp</ConnectionType><ClientType>ica30</ClientType>\
         <TicketTag>192.0.2.10</TicketTag><SSLRelayAddress addresstype=\"dns-port\">xa1.example:443</SSLRelayAddress>\
         </ResponseAddress>",
    );
    check_response(
        &Response::Capabilities(vec!["multi-image-icons".into()]),
        "<ResponseCapabilities><CapabilityId>multi-image-icons</CapabilityId></ResponseCapabilities>",
    );
    check_response(
        &Response::ServerFarmData("Farm1".into()),
        "<ResponseServerFarmData><ServerFarmData><ServerFarmName>Farm1</ServerFarmName></ServerFarmData>\
         </ResponseServerFarmData>",
    );
    check_response(
        &Response::ServerData(vec![ServerData { server_name: "XA1".into() }]),
        "<ResponseServerData><ServerData><ServerName>XA1</ServerName><ServerType>win32</ServerType>\
         <ClientType>ica30</ClientType></ServerData></ResponseServerData>",
    );
    check_response(
        &Response::ProtocolInfo,
        "<ResponseProtocolInfo><ServerAddress addresstype=\"no-change\"/></ResponseProtocolInfo>",
    );
    check_response(
        &Response::Ticket(Secret::from("AB12")),
        "<ResponseTicket><Ticket>AB12</Ticket></ResponseTicket>",
    );
    check_response(
        &Response::CredentialsValid { days_until_password_expiry: Some(3) },
        "<ResponseValidateCredentials><DaysUntilPasswordExpiry>3</DaysUntilPasswordExpiry>\
         <ShowPasswordExpiryWarning>true</ShowPasswordExpiryWarning></ResponseValidateCredentials>",
    );
}

#[test]
fn every_error_answers_every_kind() {
    for kind in Kind::ALL {
        for id in ErrorId::ALL {
            let name = kind.as_str();
            let golden = format!("<Response{name}><ErrorId>{id}</ErrorId></Response{name}>");
            check_response(&Response::Error { kind, id }, &golden);
        }
    }
    let odd = document(
        "<ResponseAppData><ErrorId>out-of-cheese</ErrorId><MPSError type=\"IMA\">x</MPSError></ResponseAppData>",
    );
    let expected = Response::Error { kind: Kind::AppData, id: ErrorId::Unspecified };
    assert_eq!(Response::parse(odd.as_bytes()), Ok(expected));
}

/// Written the way old scanners write it: another order, another declaration, character references.
#[test]
fn scanners_are_understood() {
    let request = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\r\n\
        <!DOCTYPE NFuseProtocol SYSTEM \"NFuse.dtd\">\r\n<NFuseProtocol version=\"1.1\"><RequestAppData>\
        <ServerType>all</ServerType><ClientType>ica30</ClientType><DesiredDetails>defaults</DesiredDetails>\
        <DesiredDetails>access-list</DesiredDetails><Scope traverse=\"onelevel\" />\
        <Credentials><Domain type=\"UNIX\">D</Domain><Password encoding=\"cleartext\">p&#38;q</Password>\
        <UserName>J\u{fc}rgen</UserName></Credentials></RequestAppData></NFuseProtocol>";
    let latin1: Vec<u8> = request.chars().map(|c| u8::try_from(c).expect("Latin-1")).collect();
    let Ok(Request::AppData(read)) = Request::parse(&latin1) else { panic!("must be read") };
    assert_eq!((read.scope, read.details.join(",")), (Scope::OneLevel, "defaults,access-list".to_owned()));
    let Some(Credentials::User(user)) = read.credentials else { panic!("a user") };
    assert_eq!((user.name.as_str(), user.domain.as_str()), ("J\u{fc}rgen", "D"));
    let expected = Password { encoding: PasswordEncoding::Cleartext, value: Secret::from("p&q") };
    assert_eq!(user.password, Some(expected));
}

/// What nmap's `citrix-enum-apps-xml` sends, byte for byte: in nobody's name.
#[test]
fn a_farm_can_be_asked_in_nobodys_name() {
    let request = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\r\n\
        <!DOCTYPE NFuseProtocol SYSTEM \"NFuse.dtd\">\r\n<NFuseProtocol version=\"5.0\"><RequestAppData>\
        <Scope traverse=\"onelevel\" /><ServerType>all</ServerType><ClientType>ica30</ClientType>\
        <DesiredDetails>all</DesiredDetails><DesiredDetails>access-list</DesiredDetails></RequestAppData>\
        </NFuseProtocol>\r\n";
    let Ok(Request::AppData(read)) = Request::parse(request.as_bytes()) else { panic!("must be read") };
    assert_eq!((read.credentials.as_ref(), read.details.join(",")), (None, "all,access-list".to_owned()));
    let again = Request::AppData(read.clone()).write().unwrap();
    assert_eq!(Request::parse(again.as_bytes()), Ok(Request::AppData(read)));
}

#[test]
fn every_doctype_of_the_wild_is_understood() {
    let message = "<NFuseProtocol version='5.9'><RequestCapabilities/></NFuseProtocol>";
    for prolog in [
        "",
        "<?xml version='1.0' encoding='UTF-8'?>",
        "<!DOCTYPE NFuseProtocol>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?><!DOCTYPE NFuseProtocol SYSTEM 'NFuse.dtd'>",
        "<!DOCTYPE NFuseProtocol SYSTEM \"NFuse.dtd\"[]>",
        "<!DOCTYPE NFuseProtocol SYSTEM \"NFuse.dtd\" []>",
    ] {
        let document = format!("{prolog}{message}");
        assert_eq!(Request::parse(document.as_bytes()), Ok(Request::Capabilities), "{prolog}");
    }
}

#[test]
fn answers_of_other_brokers_are_understood() {
    let list = document(
        "<ResponseAppData><LeasingStatus>working</LeasingStatus><AppDataSet><AppData type=\"app\"><InName>a</InName>\
         <FName>A</FName><Details><Icon>AAAA</Icon><AccessList><Device/></AccessList></Details><Permissions/></AppData>\
         </AppDataSet></ResponseAppData>",
    );
    let expected = AppData { in_name: "a".into(), name: "A".into(), ..AppData::default() };
    assert_eq!(Response::parse(list.as_bytes()), Ok(Response::AppData(vec![expected])));
    let address = document(
        "<ResponseAddress><ServerAddress addresstype=\"dot\"> 192.0.2.1 </ServerAddress></ResponseAddress>",
    );
    let Ok(Response::Address(read)) = Response::parse(address.as_bytes()) else { panic!("must be read") };
    assert_eq!(read.server_address.to_string(), "192.0.2.1:1494");
}

#[test]
fn a_thousand_applications_fit() {
    let apps = (0..1000).map(|n| AppData { in_name: format!("Farm1.{n}"), ..notepad() }).collect();
    let response = Response::AppData(apps);
    assert!(Response::parse(response.write().unwrap().as_bytes()) == Ok(response));
}

#[test]
fn refusals_say_why() {
    assert_eq!(refused("<RequestLaunchRef/>"), BrokerError::Message);
    assert_eq!(refused("<ResponseAppData/>"), BrokerError::Message);
    assert_eq!(refused(""), BrokerError::Message);
    assert_eq!(refused("<RequestTicket/>"), BrokerError::Xml(XmlError::Missing("Credentials")));
    assert_eq!(
        refused("<RequestAddress><Name/></RequestAddress>"),
        BrokerError::Xml(XmlError::Missing("AppName"))
    );
    let password = |password: &str| {
        refused(&format!(
            "<RequestValidateCredentials><Credentials><UserName>a</UserName>{password}</Credentials></RequestValidateCredentials>"
        ))
    };
    assert_eq!(password("<Password encoding='rsa56'>AA</Password>"), BrokerError::PasswordEncoding);
    assert_eq!(password("<Password encoding='ctx1'>zz</Password>"), BrokerError::Ctx1(Ctx1Error::Letters));
    assert_eq!(password("<Password/><Password/>"), BrokerError::Xml(XmlError::Duplicate("Password")));
    let life = format!("<RequestTicket>{CREDENTIALS}<TimetoLive>-1</TimetoLive></RequestTicket>");
    assert_eq!(refused(&life), BrokerError::Value("TimetoLive"));
    let other = format!("<RequestTicket>{CREDENTIALS}<TicketType>X</TicketType></RequestTicket>");
    assert_eq!(refused(&other), BrokerError::Value("TicketType"));
    let empty = document("<ResponseAppData/>");
    assert_eq!(Response::parse(empty.as_bytes()), Err(BrokerError::Xml(XmlError::Missing("AppDataSet"))));
}

#[test]
fn debug_hides_passwords_and_paths_ignore_case() {
    assert!(!format!("{:?}", Request::ValidateCredentials(alice())).contains("ab\""));
    assert!(is_path("/scripts/WPnBr.dll"));
}

fn any_credentials() -> impl Strategy<Value = Credentials> {
    let password = (any::<bool>(), text()).prop_map(|(clear, value)| Password {
        encoding: if clear { PasswordEncoding::Cleartext } else { PasswordEncoding::Ctx1 },
        value: value.into(),
    });
    proptest::option::of((text(), text(), proptest::option::of(password))).prop_map(|user| match user {
        None => Credentials::Anonymous,
        Some((name, domain, password)) => Credentials::User(User { name, domain, password }),
    })
}

fn any_app() -> impl Strategy<Value = AppData> {
    let access = (0..3, text(), text()).prop_map(|(kind, name, domain)| match kind {
        0 => Access::Anonymous,
        1 => Access::Group { name, domain },
        _ => Access::User { name, domain },
    });
    let texts = [text(), text(), text(), text(), text()];
    (texts, any::<[bool; 3]>(), proptest::collection::vec(access, 0..4), any::<i32>()).prop_map(
        |([in_name, name, folder, description, publisher_name], flags, access, seq_no)| {
            let [is_desktop, is_disabled, ssl_enabled] = flags;
            AppData {
                in_name,
                name,
                folder,
                description,
                publisher_name,
                is_desktop,
                is_disabled,
                ssl_enabled,
                access,
                seq_no,
            }
        },
    )
}

proptest! {
    #[test]
    fn requests_read_back(credentials in any_credentials(), texts in [text(), text(), text()], life: u32, any: bool) {
        let [first, second, third] = texts;
        let name = if any { AddressName::Unspecified(first.clone()) } else { AddressName::App(first.clone()) };
        let named = (!any).then(|| credentials.clone());
        for request in [
            Request::Address(RequestAddress { name, client_name: second.clone(), credentials: named }),
            Request::Ticket(RequestTicket {
                credentials: credentials.clone(),
                ticket_tag: first.clone(),
                time_to_live_seconds: life,
            }),
            Request::AppData(RequestAppData {
                app_name: first,
                client_name: second,
                client_address: third,
                ..RequestAppData::new(credentials.clone())
            }),
            Request::ValidateCredentials(credentials),
        ] {
            prop_assert_eq!(Request::parse(request.write().unwrap().as_bytes()), Ok(request));
        }
    }

    #[test]
    fn responses_read_back(apps in proptest::collection::vec(any_app(), 0..4), days: Option<u32>, name in text()) {
        for response in [
            Response::AppData(apps),
            Response::CredentialsValid { days_until_password_expiry: days },
            Response::ServerFarmData(name.clone()),
            Response::ServerData(vec![ServerData { server_name: name }]),
        ] {
            prop_assert_eq!(Response::parse(response.write().unwrap().as_bytes()), Ok(response));
        }
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, cut in 0..APP_DATA.len()) {
        let _ = Request::parse(&bytes);
        let _ = Response::parse(&bytes);
        let torn = document(&format!("<ResponseAppData><AppDataSet>{}", &APP_DATA[..cut]));
        prop_assert!(Response::parse(torn.as_bytes()).is_err());
    }
}
