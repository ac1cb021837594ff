//! What will not work, or not safely, about which names are one account.

use super::super::finding::Finding;
use super::super::raw::{Duplicates, OtherDomains, Raw, Spelling};

/// The attribute that holds a name with its domain, in every spelling of its own.
const UPN: &str = "userprincipalname";

/// The table `names`, and who is named elsewhere.
pub(super) fn settings(raw: &Raw, findings: &mut Vec<Finding>) {
    if raw.names.domains.is_empty() {
        apart(raw, findings);
        return;
    }
    if let Some(ldap) = &raw.factor.ldap {
        let filter = ldap.filter.as_deref().unwrap_or(&ldap.name_attribute).to_ascii_lowercase();
        if raw.names.asked == Spelling::Bare && filter.contains(UPN) {
            let text = "the filter looks for names with their domain, which is cut off before it is asked";
            let help = "write asked = \"typed\", or look for sAMAccountName";
            findings.push(Finding::warning("names-upn", text).on("names.asked").help(help));
        }
    }
    if raw.names.other_domains == OtherDomains::Refused {
        rules(raw, findings);
    }
}

/// Nobody says which names are one, and only the RADIUS server would know.
fn apart(raw: &Raw, findings: &mut Vec<Finding>) {
    if raw.factor.radius.is_some() && raw.sessions.duplicates != Duplicates::Allow {
        let text =
            "CORP\\alice, alice@corp.example.com and alice have a session each if the server knows all three";
        let help = "list the domains that users write in names.domains";
        findings.push(Finding::warning("names-apart", text).on("sessions.duplicates").help(help));
    }
}

/// Rules about users who are refused before any rule is looked at.
fn rules(raw: &Raw, findings: &mut Vec<Finding>) {
    let is_listed = |domain: &str| raw.names.domains.iter().any(|listed| listed.eq_ignore_ascii_case(domain));
    for (index, rule) in raw.second_factor.iter().enumerate() {
        let foreign = rule.users.iter().flatten().find(|user| {
            let domain = user.split_once('\\').map(|(domain, _)| domain);
            domain.or(user.split_once('@').map(|(_, domain)| domain)).is_some_and(|domain| !is_listed(domain))
        });
        if let Some(user) = foreign {
            let text = format!("{user} can't log in, because the domain is not among names.domains");
            let help = "list the domain, or write the name without it";
            let finding = Finding::warning("names-domain", text).help(help);
            findings.push(finding.on(format!("second-factor.{index}.users")));
        }
    }
}
