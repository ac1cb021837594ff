//! What every test of the program begins with: a folder with a configuration, and the program run once.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A folder with a configuration that works, removed at the end.
pub(crate) struct Site {
    pub(crate) folder: PathBuf,
}

impl Site {
    pub(crate) fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).unwrap();
        let site = Self { folder };
        site.certificate("gateway.example.com");
        site.write("users", "");
        let text = "fqdn = 'gateway.example.com'\nlisten = '127.0.0.1:0'\n[admin]\nlisten = '127.0.0.1:0'\n\
            [tls]\ncertificate = 'gateway.crt'\nkey = { file = 'gateway.key' }\n\
            [factor.users]\nfile = 'users'\n[storefront]\nurl = 'https://127.0.0.1:1/Citrix/StoreWeb'\n";
        site.write("gateway.toml", text);
        site
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    pub(crate) fn certificate(&self, name: &str) {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        self.write("gateway.crt", &made.cert.pem());
        self.write("gateway.key", &made.signing_key.serialize_pem());
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.join("gateway.toml")
    }

    pub(crate) fn check(&self, set: &[&str]) -> Output {
        let mut command = gateway();
        command.arg("check").arg("-c").arg(self.config());
        for set in set {
            command.args(["--set", set]);
        }
        command.output().unwrap()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

pub(crate) fn gateway() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    command.env_remove("NOTIFY_SOCKET").stdin(Stdio::null());
    // What is installed on this machine is not part of a test.
    command.env("GATEWAY_CONFIG_DIR", "/nowhere").env("XDG_CONFIG_HOME", "/nowhere");
    command
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn ran(args: &[&str]) -> (Option<i32>, String) {
    let output = gateway().args(args).output().unwrap();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}
