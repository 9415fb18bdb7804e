//! A private PostgreSQL of one checkout: made by initdb in a folder, reached by a unix socket only.
//!
//! PostgreSQL refuses to run as root; root hands it to an unprivileged user. The socket lies in a folder that
//! only that user (and root) may enter, so no password is asked.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::convert::sha256;

/// Where Debian keeps the server programs, one folder per version.
const DEBIAN_FOLDER: &str = "/usr/lib/postgresql";
/// Bytes of a socket's path at most (`sun_path`), with room for its name.
const SOCKET_FOLDER_BYTES_MAX: usize = 90;
/// The user that runs PostgreSQL for root: the package's own …
const PACKAGE_USER: &str = "postgres";
/// … or one made for it.
const OWN_USER: &str = "tensu-db";
/// Superuser of the cluster.
const ADMINISTRATOR: &str = "postgres";

/// Why a cluster cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// PostgreSQL is not installed.
    #[error("PostgreSQL is not installed: no initdb in {DEBIAN_FOLDER}/*/bin nor in PATH; run scripts/setup")]
    NotInstalled,
    /// A program failed.
    #[error("{program} failed: {output}")]
    Failed {
        /// The program.
        program: String,
        /// What it said.
        output: String,
    },
    /// A file or folder could not be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Whether a crash of the machine may lose data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    /// Commits are on disk.
    Safe,
    /// Faster; for tests only.
    Fast,
}

/// How a cluster is stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// Open transactions are undone.
    Fast,
    /// As if the power failed.
    Immediate,
}

/// A cluster in a folder, running or not.
#[derive(Clone, Debug)]
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    user: Option<User>,
}

#[derive(Clone, Debug)]
struct User {
    name: String,
    uid: u32,
    gid: u32,
}

/// The folder of the checkout that a path lies in: the one with `Cargo.lock` and `migrations`; else the path.
pub fn checkout(path: &Path) -> PathBuf {
    let is_checkout = |folder: &&Path| folder.join("Cargo.lock").is_file() && folder.join("migrations").is_dir();
    path.ancestors().find(is_checkout).unwrap_or(path).to_owned()
}

impl Cluster {
    /// The cluster of a folder, which need not exist yet.
    ///
    /// # Errors
    /// `NotInstalled`, or when root has no other user to run it.
    pub fn at(folder: &Path) -> Result<Self, ClusterError> {
        let parent = folder.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(parent).map_err(file_error(parent))?;
        let parent = parent.canonicalize().map_err(file_error(parent))?;
        let folder = parent.join(folder.file_name().unwrap_or_default());
        let user = if own_id("-u")? == 0 { Some(unprivileged_user()?) } else { None };
        Ok(Self { folder, programs: programs()?, user })
    }

    /// Starts it, making it first where there is none. False: it was running.
    ///
    /// # Errors
    /// When a program fails; the server's own words are in `log` of the folder.
    pub fn start(&self, durability: Durability) -> Result<bool, ClusterError> {
        let _lock = self.lock()?;
        if self.is_running() {
            return Ok(false);
        }
        if !self.data().join("PG_VERSION").exists() {
            self.initialise(durability)?;
        }
        let sockets = self.sockets();
        self.fresh_folder(&sockets)?;
        let mut options = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c unix_socket_permissions=0700 \
             -c max_connections=300 -c lc_messages=C -c log_min_duration_statement=-1 -c log_statement=none \
             -c log_parameter_max_length_on_error=0 -c log_min_error_statement=panic -c log_error_verbosity=terse",
            sockets.display()
        );
        if durability == Durability::Fast {
            options.push_str(" -c fsync=off -c synchronous_commit=off -c full_page_writes=off");
        }
        let arguments = ["start", "-w", "-t", "60"].map(OsString::from);
        let arguments = arguments.into_iter().chain(self.to_log()).chain(["-o".into(), options.into()]);
        self.pg_ctl(arguments)?;
        Ok(true)
    }

    /// Stops it. False: it was not running.
    ///
    /// # Errors
    /// When it does not stop.
    pub fn stop(&self, how: Stop) -> Result<bool, ClusterError> {
        let _lock = self.lock()?;
        self.stop_locked(how)
    }

    fn stop_locked(&self, how: Stop) -> Result<bool, ClusterError> {
        if !self.is_running() {
            return Ok(false);
        }
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        self.pg_ctl(["stop", "-w", "-t", "60", "-m", mode].map(OsString::from))?;
        Ok(true)
    }

    /// Stops it as if the power failed and starts it again.
    ///
    /// # Errors
    /// When it does not start.
    pub fn crash_and_restart(&self) -> Result<(), ClusterError> {
        let _lock = self.lock()?;
        let arguments = ["restart", "-w", "-t", "60", "-m", "immediate"].map(OsString::from);
        self.pg_ctl(arguments.into_iter().chain(self.to_log()))
    }

    /// The server writes to a file: it outlives the pipe of the program that starts it.
    fn to_log(&self) -> [OsString; 2] {
        ["-l".into(), self.place().join("log").into()]
    }

    /// Stops it and removes everything it holds.
    ///
    /// # Errors
    /// When it does not stop or the folder cannot be removed.
    pub fn remove(&self) -> Result<(), ClusterError> {
        let _lock = self.lock()?;
        if self.data().join("PG_VERSION").exists() {
            self.stop_locked(Stop::Immediate)?;
        }
        let place = self.place();
        remove_folder(&self.sockets())?;
        remove_folder(&place)?;
        match fs::symlink_metadata(&self.folder) {
            Ok(_) => fs::remove_file(&self.folder).map_err(file_error(&self.folder)),
            Err(_) => Ok(()),
        }
    }

    /// True while the server runs.
    pub fn is_running(&self) -> bool {
        self.data().join("postmaster.pid").exists() && self.pg_ctl(["status"].map(OsString::from)).is_ok()
    }

    /// Connection URL for a role and a database.
    pub fn url(&self, role: &str, database: &str) -> String {
        let sockets = percent_encoded(&self.sockets().display().to_string());
        format!("postgresql:///{database}?host={sockets}&user={role}")
    }

    /// Connection URL of the superuser.
    pub fn administrator_url(&self, database: &str) -> String {
        self.url(ADMINISTRATOR, database)
    }

    /// Where the folder really is: it may be a link.
    fn place(&self) -> PathBuf {
        self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone())
    }

    fn data(&self) -> PathBuf {
        self.place().join("data")
    }

    /// The folder of the socket: inside, unless its path is too long for a socket or has odd characters.
    fn sockets(&self) -> PathBuf {
        let inside = self.place().join("run");
        let text = inside.display().to_string();
        let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
        if is_plain && text.len() <= SOCKET_FOLDER_BYTES_MAX {
            inside
        } else {
            PathBuf::from(format!("/tmp/tensu-pg-{}", self.short_hash()))
        }
    }

    fn short_hash(&self) -> String {
        let hash = sha256(self.folder.as_os_str().as_encoded_bytes());
        hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    fn initialise(&self, durability: Durability) -> Result<(), ClusterError> {
        self.fresh_folder(&self.folder)?;
        if let Some(user) = &self.user
            && !can_enter(user, &self.folder)
        {
            self.move_outside()?;
        }
        let mut arguments: Vec<OsString> = vec!["-D".into(), self.data().into()];
        let rest = ["-U", ADMINISTRATOR, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"];
        arguments.extend(rest.map(OsString::from));
        if durability == Durability::Fast {
            arguments.push("--no-sync".into());
        }
        self.run("initdb", arguments)
    }

    /// The checkout lies where the other user may not go (as below /root): the folder becomes a link.
    fn move_outside(&self) -> Result<(), ClusterError> {
        let outside = PathBuf::from(format!("/var/tmp/tensu-pg-{}", self.short_hash()));
        self.fresh_folder(&outside)?;
        fs::remove_dir(&self.folder).map_err(file_error(&self.folder))?;
        symlink(&outside, &self.folder).map_err(file_error(&self.folder))
    }

    /// Makes a folder that only the server's user may enter. What was there goes: in a folder like /tmp it could
    /// be anybody's.
    fn fresh_folder(&self, folder: &Path) -> Result<(), ClusterError> {
        remove_folder(folder)?;
        fs::DirBuilder::new().mode(0o700).create(folder).map_err(file_error(folder))?;
        match &self.user {
            Some(user) => chown(folder, Some(user.uid), Some(user.gid)).map_err(file_error(folder)),
            None => Ok(()),
        }
    }

    fn pg_ctl(&self, arguments: impl IntoIterator<Item = OsString>) -> Result<(), ClusterError> {
        let mut all: Vec<OsString> = arguments.into_iter().collect();
        all.extend(["-D".into(), self.data().into()]);
        self.run("pg_ctl", all)
    }

    fn run(&self, program: &str, arguments: Vec<OsString>) -> Result<(), ClusterError> {
        let path = self.programs.join(program);
        let mut command = match &self.user {
            None => Command::new(path),
            Some(user) => user.command(&path),
        };
        let outcome = command
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::null())
            .output()
            .map_err(file_error(&self.programs.join(program)))?;
        if outcome.status.success() {
            return Ok(());
        }
        let mut output = String::from_utf8_lossy(&outcome.stdout).into_owned();
        output.push_str(&String::from_utf8_lossy(&outcome.stderr));
        Err(ClusterError::Failed { program: program.to_owned(), output: output.trim().to_owned() })
    }

    /// One process at a time starts, stops or removes the cluster.
    pub(crate) fn lock(&self) -> Result<File, ClusterError> {
        let mut name = self.folder.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        let path = self.folder.with_file_name(name);
        let file = File::create(&path).map_err(file_error(&path))?;
        file.lock().map_err(file_error(&path))?;
        Ok(file)
    }
}

impl User {
    /// A command as this user; without PAM where that is possible.
    fn command(&self, path: &Path) -> Command {
        let has_setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].iter().any(|path| Path::new(path).exists());
        if has_setpriv {
            let mut command = Command::new("setpriv");
            command.arg(format!("--reuid={}", self.uid)).arg(format!("--regid={}", self.gid)).arg("--init-groups");
            command.arg("--").arg(path);
            command
        } else {
            let mut command = Command::new("runuser");
            command.args(["-u", &self.name, "--"]).arg(path);
            command
        }
    }
}

fn can_enter(user: &User, folder: &Path) -> bool {
    let mut command = user.command(Path::new("test"));
    command.arg("-w").arg(folder).current_dir("/").stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn programs() -> Result<PathBuf, ClusterError> {
    let has_programs = |folder: &PathBuf| folder.join("initdb").exists() && folder.join("pg_ctl").exists();
    let version = |folder: &Path| -> Option<u32> { folder.parent()?.file_name()?.to_str()?.parse().ok() };
    let debian = fs::read_dir(DEBIAN_FOLDER).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    if let Some(newest) = debian.filter(has_programs).max_by_key(|folder| version(folder)) {
        return Ok(newest);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).find(has_programs).ok_or(ClusterError::NotInstalled)?;
    let real = found.join("initdb").canonicalize().map_err(file_error(&found))?;
    Ok(real.parent().map_or(found, Path::to_owned))
}

fn own_id(which: &str) -> Result<u32, ClusterError> {
    id_of(&[which]).ok_or_else(|| ClusterError::Failed { program: "id".to_owned(), output: String::new() })
}

fn id_of(arguments: &[&str]) -> Option<u32> {
    let outcome = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
    String::from_utf8_lossy(&outcome.stdout).trim().parse().ok()
}

fn unprivileged_user() -> Result<User, ClusterError> {
    let known =
        |name: &str| Some(User { name: name.to_owned(), uid: id_of(&["-u", name])?, gid: id_of(&["-g", name])? });
    if let Some(user) = known(PACKAGE_USER).or_else(|| known(OWN_USER)) {
        return Ok(user);
    }
    let arguments = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", OWN_USER];
    let outcome = Command::new("useradd").args(arguments).output().map_err(file_error(Path::new("useradd")))?;
    known(OWN_USER).ok_or_else(|| ClusterError::Failed {
        program: "useradd".to_owned(),
        output: String::from_utf8_lossy(&outcome.stderr).trim().to_owned(),
    })
}

fn remove_folder(folder: &Path) -> Result<(), ClusterError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(file_error(folder)(error)),
        _ => Ok(()),
    }
}

fn file_error(path: &Path) -> impl FnOnce(io::Error) -> ClusterError {
    let path = path.to_owned();
    move |source| ClusterError::File { path, source }
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
