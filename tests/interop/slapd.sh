#!/usr/bin/env bash
# The gateway's LDAP driver against OpenLDAP's server, over LDAPS and StartTLS: groups, refusals, a locked account,
# a certificate of nobody, a first server that is down.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin
need slapd slapd
need ldapadd ldap-utils
need openssl openssl

cd "$root"
if [ -z "${LDAP_LOGIN:-}" ]; then
    cargo build --locked --quiet --package gateway --example ldap_login
    LDAP_LOGIN=${CARGO_TARGET_DIR:-target}/debug/examples/ldap_login
fi

base=dc=example,dc=test
reader=cn=reader,$base

# --- A directory with a certificate of its own ---

# authority NAME: a certificate authority in NAME.pem.
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
        -keyout "$work/$1.key" -out "$work/$1.pem" 2>/dev/null
}
authority ours
authority stranger
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=slapd \
    -keyout "$work/slapd.key" -out "$work/slapd.csr" 2>/dev/null
printf 'subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >"$work/leaf.ext"
openssl x509 -req -in "$work/slapd.csr" -CA "$work/ours.pem" -CAkey "$work/ours.key" -CAcreateserial \
    -days 2 -extfile "$work/leaf.ext" -out "$work/slapd.pem" 2>/dev/null
mkdir "$work/db"
cat >"$work/slapd.conf" <<CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
pidfile $work/slapd.pid
TLSCertificateFile $work/slapd.pem
TLSCertificateKeyFile $work/slapd.key
# Passwords in clear text are refused, whoever sends them.
security simple_bind=128
database mdb
suffix $base
directory $work/db
rootdn cn=root,$base
rootpw only-for-the-lab-0003
overlay memberof
overlay ppolicy
ppolicy_default cn=policy,$base
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact=$reader read by * none
CONF
cat >"$work/entries.ldif" <<LDIF
dn: $base
objectClass: domain
dc: example

dn: $reader
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: only-for-the-lab-0002

dn: cn=policy,$base
objectClass: organizationalRole
objectClass: pwdPolicy
cn: policy
pwdAttribute: userPassword
pwdLockout: TRUE

dn: uid=Alice,$base
objectClass: inetOrgPerson
uid: Alice
cn: Alice
sn: Example
userPassword: Winter-26

dn: uid=bob,$base
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: Example
userPassword: Spring-26
pwdAccountLockedTime: 000001010000Z

dn: cn=staff,$base
objectClass: groupOfNames
cn: staff
member: uid=Alice,$base
LDIF
plain=$(free_port tcp)
secure=$(free_port tcp)
dead=$(free_port tcp)
start slapd slapd -f "$work/slapd.conf" -h "ldap://127.0.0.1:$plain ldaps://127.0.0.1:$secure" -d stats
wait_for "$work/slapd.log" "slapd starting"
export LDAPTLS_CACERT=$work/ours.pem
ldapadd -x -H "ldaps://127.0.0.1:$secure" -D "cn=root,$base" -w only-for-the-lab-0003 -f "$work/entries.ldif" >/dev/null

# --- Log-ins ---

# login URL USER PASSWORD [CA]: what the driver says, standard error and exit status included.
login() {
    local status=0
    printf '%s\n' "$3" only-for-the-lab-0002 |
        "$LDAP_LOGIN" "$1" "${4:-$work/ours.pem}" "$base" uid "$2" "$reader" 2>&1 || status=$?
    echo "status $status"
}

for url in "ldaps://127.0.0.1:$secure" "ldap://127.0.0.1:$plain"; do
    scheme=${url%%:*}
    said=$(login "$url" alice Winter-26)
    expect "$scheme: the right password passes" "status 0" "$said"
    expect "$scheme: the name is the directory's" "Alice is uid=Alice,$base" "$said"
    expect "$scheme: groups are read" "in cn=staff,$base" "$said"
    said=$(login "$url" alice Winter-27)
    expect "$scheme: a wrong password is refused" "login-refused" "$said"
    expect "$scheme: and the log says what slapd said" "refuse alice: invalidCredentials" "$said"
    expect "$scheme: an unknown user is refused" "refuse mallory: no such user" "$(login "$url" mallory Winter-26)"
    expect "$scheme: a name is no pattern" "refuse *: no such user" "$(login "$url" '*' Winter-26)"
    expect "$scheme: a locked account is refused" "refuse bob: invalidCredentials" "$(login "$url" bob Spring-26)"
    expect "$scheme: an empty password asks nobody" $'login-refused\nstatus 1' "$(login "$url" alice '')"
done
expect "slapd saw the name as a value" 'filter="(&(objectClass=person)(uid=\2A))"' "$(cat "$work/slapd.log")"
expect "the driver leaves with an unbind" "UNBIND" "$(cat "$work/slapd.log")"

binds=$(grep -c ' BIND ' "$work/slapd.log")
for url in "ldaps://127.0.0.1:$secure" "ldap://127.0.0.1:$plain"; do
    said=$(login "$url" alice Winter-26 "$work/stranger.pem")
    expect "${url%%:*}: a certificate of nobody is refused" "factor-down" "$said"
    expect "${url%%:*}: and the log says so" "TLS handshake failed" "$said"
done
expect "no password was sent there" "$binds" "$(grep -c ' BIND ' "$work/slapd.log")"

said=$(login "ldaps://127.0.0.1:$dead,ldaps://127.0.0.1:$secure" alice Winter-26)
expect "a dead first server gives way to the second" "Alice is uid=Alice,$base" "$said"
said=$(login "ldaps://127.0.0.1:$dead" alice Winter-26)
expect "a directory that is down is told so" "factor-down" "$said"
for secret in Winter-26 Winter-27 Spring-26 only-for-the-lab; do
    grep -q -- "$secret" "$work/slapd.log" && fail "$secret is in slapd's log"
done
done_well
