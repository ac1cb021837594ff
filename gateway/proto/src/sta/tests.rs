use proptest::prelude::*;

use super::*;
use crate::xml::tests::text;

const TICKET: &str = ";40;STA0A1B2C3D4E5F;0123456789ABCDEF0123456789ABCDEF";

fn ticket() -> Ticket {
    TICKET.parse().expect("a ticket")
}

fn document(message: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE CtxSTAProtocol SYSTEM \"CtxSTA.dtd\">\n<CtxSTAProtocol version=\"4.0\">{message}\
         </CtxSTAProtocol>"
    )
}

fn conn_info() -> ConnInfo {
    ConnInfo {
        server_address: "192.0.2.10".into(),
        user_name: "alice & bob".into(),
        user_domain: "CORP".into(),
        application_name: "Notepad".into(),
        protocol: "ICA".into(),
    }
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

const PARTS: &str = "<AuthorityID>STA0A1B2C3D4E5F</AuthorityID><Ticket>0123456789ABCDEF0123456789ABCDEF</Ticket>\
                     <TicketVersion>40</TicketVersion>";

#[test]
fn golden_requests() {
    check_request(&Request::Data(ticket()), &format!("<RequestData>{PARTS}</RequestData>"));
    check_request(
        &Request::Refresh(ticket()),
        &format!("<RequestTicketRefresh>{PARTS}</RequestTicketRefresh>"),
    );
    let data = TicketData {
        ica_address: Some("192.0.2.10:1494".parse().unwrap()),
        x_data: Some(conn_info().write().unwrap()),
        ..TicketData::default()
    };
    check_request(
        &Request::Ticket(RequestTicket { refreshable: true, ..RequestTicket::new(data) }),
        "<RequestTicket><AllowedTicketType>STA-v4</AllowedTicketType>\
         <AllowedAuthorityIDType>STA-v1</AllowedAuthorityIDType><TicketData>\
         <Value name=\"ICAAddress\">192.0.2.10:1494</Value><Value name=\"XData\">\
         &lt;?xml version=&quot;1.0&quot;?&gt;&lt;!--DOCTYPE CtxConnInfoProtocol SYSTEM &quot;CtxConnInfo.dtd&quot;--&gt;\
         &lt;CtxConnInfo version=&quot;1.0&quot;&gt;&lt;ServerAddress&gt;192.0.2.10&lt;/ServerAddress&gt;\
         &lt;UserName&gt;alice &amp;amp; bob&lt;/UserName&gt;&lt;UserDomain&gt;CORP&lt;/UserDomain&gt;\
         &lt;ApplicationName&gt;Notepad&lt;/ApplicationName&gt;&lt;Protocol&gt;ICA&lt;/Protocol&gt;&lt;/CtxConnInfo&gt;\
         </Value></TicketData><Control><Refreshable>true</Refreshable></Control></RequestTicket>",
    );
}

#[test]
fn golden_responses() {
    check_response(&Response::Ticket(ticket()), &format!("<ResponseTicket>{PARTS}</ResponseTicket>"));
    check_response(
        &Response::Data(TicketData {
            ica_address: Some("192.0.2.10:1494".parse().unwrap()),
            cgp_address: Some("192.0.2.10:2598".parse().unwrap()),
            ssl_relay_address: Some("xa1.example:443".parse().unwrap()),
            x_data: None,
        }),
        "<ResponseData><TicketData><Value name=\"ICAAddress\">192.0.2.10:1494</Value>\
         <Value name=\"CGPAddress\">192.0.2.10:2598</Value>\
         <Value name=\"SSLRelayAddress\">xa1.example:443</Value></TicketData></ResponseData>",
    );
    for id in ErrorId::ALL {
        check_response(
            &Response::DataError(id),
            &format!("<ResponseData><ErrorId>{id}</ErrorId></ResponseData>"),
        );
        check_response(
            &Response::TicketError(id),
            &format!("<ResponseTicket><ErrorId>{id}</ErrorId></ResponseTicket>"),
        );
    }
}

#[test]
fn a_probe_without_data_is_a_request() {
    let probe = "<CtxSTAProtocol><RequestTicket><TicketData/></RequestTicket></CtxSTAProtocol>";
    let expected = Request::Ticket(RequestTicket::new(TicketData::default()));
    assert_eq!(Request::parse(probe.as_bytes()), Ok(expected));
}

#[test]
fn fields_are_found_wherever_they_stand() {
    let nested = "<CtxSTAProtocol version='4.0'>\n <RequestData><a>\n<Ticket> AB\n</Ticket></a></RequestData>\n</CtxSTAProtocol>";
    assert_eq!(Request::parse(nested.as_bytes()), Ok(Request::Data(";40;;AB".parse().unwrap())));
    let flat = document(
        "<ResponseData><Value name='CGPAddress'> h:2598 </Value><Value name='New'>x</Value></ResponseData>",
    );
    let data = TicketData { cgp_address: Some("h:2598".parse().unwrap()), ..TicketData::default() };
    assert_eq!(Response::parse(flat.as_bytes()), Ok(Response::Data(data)));
    let refresh = document(&format!("<RequestTicket><TicketData>{PARTS}</TicketData></RequestTicket>"));
    assert_eq!(Request::parse(refresh.as_bytes()), Ok(Request::Refresh(ticket())));
}

#[test]
fn refusals_say_why() {
    let request = |message: &str| Request::parse(document(message).as_bytes()).unwrap_err();
    let response = |message: &str| Response::parse(document(message).as_bytes()).unwrap_err();
    assert_eq!(request("<RequestData/>"), StaError::Xml(XmlError::Missing("Ticket")));
    assert_eq!(
        request("<RequestData><Ticket>a</Ticket></RequestData>"),
        StaError::Ticket(TicketError::TokenCharacter)
    );
    assert_eq!(request("<RequestOther/>"), StaError::Message);
    assert_eq!(request("<RequestData/><RequestData/>"), StaError::Message);
    assert_eq!(
        request("<RequestTicket><AllowedTicketType>STA-v9</AllowedTicketType></RequestTicket>"),
        StaError::Version
    );
    assert_eq!(
        Request::parse(b"<CtxSTAProtocol version='5.0'><x/></CtxSTAProtocol>"),
        Err(StaError::Version)
    );
    assert_eq!(
        response("<ResponseData><Value name='ICAAddress'>h</Value></ResponseData>"),
        StaError::Address { field: "ICAAddress", source: HostPortError::Port }
    );
    let value = "<Value name='ICAAddress'>h:1</Value>";
    assert_eq!(
        response(&format!("<ResponseData>{value}{value}</ResponseData>")),
        StaError::Xml(XmlError::Duplicate("ICAAddress"))
    );
    assert_eq!(response("<ResponseTicket/>"), StaError::Xml(XmlError::Missing("Ticket")));
    let entity = "<!DOCTYPE CtxSTAProtocol [<!ENTITY a 'b'>]><CtxSTAProtocol><RequestData/></CtxSTAProtocol>";
    assert_eq!(Request::parse(entity.as_bytes()), Err(StaError::Xml(XmlError::Doctype)));
}

#[test]
fn an_unknown_error_is_unspecified_and_paths_ignore_case() {
    let odd = document("<ResponseData><ErrorId>out-of-cheese</ErrorId></ResponseData>");
    assert_eq!(Response::parse(odd.as_bytes()), Ok(Response::DataError(ErrorId::Unspecified)));
    assert!(is_path("/scripts/CtxSTA.dll"));
    assert!(!is_path("/scripts/wpnbr.dll"));
}

#[test]
fn debug_hides_the_ticket() {
    assert!(!format!("{:?}", Request::Data(ticket())).contains("0123456789"));
}

fn any_address() -> impl Strategy<Value = Option<HostPort>> {
    proptest::option::of(("[a-z][a-z0-9]{0,8}(\\.[a-z][a-z0-9]{0,3})?", 1..=u16::MAX))
        .prop_map(|address| address.map(|(host, port)| HostPort::new(&host, port).expect("a host")))
}

fn any_data() -> impl Strategy<Value = TicketData> {
    (any_address(), any_address(), any_address(), proptest::option::of(text())).prop_map(
        |(ica_address, cgp_address, ssl_relay_address, x_data)| TicketData {
            ica_address,
            cgp_address,
            ssl_relay_address,
            x_data,
        },
    )
}

fn any_ticket() -> impl Strategy<Value = Ticket> {
    ";(10|20|22|40);[A-Za-z0-9]{0,16};[A-Z0-9]{1,32}".prop_map(|wire| wire.parse().expect("the grammar"))
}

proptest! {
    #[test]
    fn requests_read_back(data in any_data(), refreshable: bool, version in 0..4usize, ticket in any_ticket()) {
        let version = StaVersion::ALL[version];
        for request in [
            Request::Ticket(RequestTicket { data, refreshable, version }),
            Request::Data(ticket.clone()),
            Request::Refresh(ticket),
        ] {
            prop_assert_eq!(Request::parse(request.write().unwrap().as_bytes()), Ok(request));
        }
    }

    #[test]
    fn responses_read_back(data in any_data(), ticket in any_ticket()) {
        for response in [Response::Data(data), Response::Ticket(ticket)] {
            prop_assert_eq!(Response::parse(response.write().unwrap().as_bytes()), Ok(response));
        }
    }

    #[test]
    fn connection_information_reads_back(fields in [text(), text(), text(), text(), text()]) {
        let [server_address, user_name, user_domain, application_name, protocol] = fields;
        let info = ConnInfo { server_address, user_name, user_domain, application_name, protocol };
        prop_assert_eq!(ConnInfo::parse(&info.write().unwrap()), Ok(info));
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, message in "(<[A-Z][A-Za-z]{3,8}( name='XData')?>|</[A-Z][a-z]+>|[a-z;&]){0,8}") {
        let _ = Request::parse(&bytes);
        let _ = Response::parse(&bytes);
        let _ = Request::parse(document(&message).as_bytes());
        let _ = Response::parse(document(&message).as_bytes());
    }
}
