//! Owns the private apt root: packages by the machine's own package client, without root and
//! without changing the machine. It installs nothing.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{GuestError, cache, sources};

/// Which suites are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suites {
    /// The one that the guest's userland and the default kernel come from.
    Stable,
    /// All that carry kernels.
    All,
    /// The newest alone.
    Newest,
}

/// The suite of the guest's userland, whatever its kernel.
const USERLAND: &str = "trixie";
const NEWEST: &str = "sid";
const ALL: &[&str] = &["trixie", "trixie-backports", "bookworm", "bullseye", "sid"];
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// A private apt root, up to date with its suites.
pub(crate) struct Apt {
    folder: PathBuf,
    _lock: cache::Lock,
}

impl Apt {
    /// Sets the root up and reads the package lists, once per process that needs any.
    pub(crate) fn open(suites: Suites) -> Result<Self, GuestError> {
        let name = match suites {
            Suites::Stable => "apt-stable",
            Suites::All => "apt-all",
            Suites::Newest => "apt-newest",
        };
        let folder = cache::root().join(name);
        let lock = cache::lock(&folder.with_extension("lock"))?;
        let apt = Self {
            folder,
            _lock: lock,
        };
        let mirror = sources::mirror().ok_or_else(|| GuestError::Tool {
            program: "apt-get".to_owned(),
            said: "no Debian archive is configured on this machine".to_owned(),
            hint: Some("give a kernel as files: `--kernel IMAGE:MODULES-FOLDER`".to_owned()),
        })?;
        let suites = match suites {
            Suites::Stable => &[USERLAND][..],
            Suites::All => ALL,
            Suites::Newest => &[NEWEST][..],
        };
        let key = mirror.signed_by.unwrap_or_else(|| KEYRING.to_owned());
        let line = |suite| {
            format!(
                "deb [arch=amd64 signed-by={key}] {} {suite} main",
                mirror.uri
            )
        };
        let sources = suites.iter().map(line).collect::<Vec<_>>().join("\n") + "\n";
        let changed = fs::read_to_string(apt.folder.join("sources.list"))
            .ok()
            .as_ref()
            != Some(&sources);
        for folder in ["lists/partial", "cache", "archives/partial"] {
            let path = apt.folder.join(folder);
            fs::create_dir_all(&path).map_err(GuestError::file("make folder", &path))?;
        }
        apt.write("apt.conf", &apt.settings())?;
        apt.write("status", "")?;
        if changed || !apt.folder.join("updated").exists() {
            apt.write("sources.list", &sources)?;
            apt.update()?;
        }
        Ok(apt)
    }

    /// Reads the package lists again.
    fn update(&self) -> Result<(), GuestError> {
        progress("reading Debian's package lists");
        // One suite that the mirror lacks must not stand in the way of the others: what is
        // really missing shows when a package is asked for.
        let updated = self.client("apt-get", ["update", "-q"]);
        if let Err(GuestError::Tool { said, .. }) = &updated
            && !fs::read_dir(self.folder.join("lists")).is_ok_and(|mut l| {
                l.any(|e| e.is_ok_and(|e| e.file_name().to_string_lossy().contains("_Packages")))
            })
        {
            return Err(GuestError::Tool {
                program: "apt-get update".to_owned(),
                said: said.clone(),
                hint: Some("is the machine's package mirror within reach?".to_owned()),
            });
        }
        self.write("updated", "")
    }

    /// Names of packages that begin with `prefix`.
    pub(crate) fn names(&self, prefix: &str) -> Result<Vec<String>, GuestError> {
        let text = self.client("apt-cache", ["pkgnames", prefix])?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Version and `Depends` of the candidate of `package`.
    pub(crate) fn show(&self, package: &str) -> Result<(String, String), GuestError> {
        let text = self.client("apt-cache", ["show", "--no-all-versions", package])?;
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim().to_owned())
                .unwrap_or_default()
        };
        Ok((field("Version:"), field("Depends:")))
    }

    /// Downloads `packages` without what they depend on, and unpacks them into `into`.
    pub(crate) fn unpack(&self, packages: &[&str], into: &Path) -> Result<(), GuestError> {
        let folder = self.archives("packages")?;
        let mut command = self.command("apt-get");
        command
            .current_dir(&folder)
            .args(["download", "-q"])
            .args(packages);
        finish("apt-get", &mut command)?;
        unpack_folder(&folder, into)
    }

    /// Downloads `packages` with all that they depend on, and unpacks them into `into`.
    pub(crate) fn unpack_closure(&self, packages: &[&str], into: &Path) -> Result<(), GuestError> {
        let folder = self.archives("archives")?;
        let mut args = vec![
            "install",
            "--download-only",
            "--no-install-recommends",
            "-y",
            "-q",
        ];
        args.extend(packages);
        self.client("apt-get", args)?;
        unpack_folder(&folder, into)
    }

    /// An empty folder for packages.
    fn archives(&self, name: &str) -> Result<PathBuf, GuestError> {
        let folder = self.folder.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(GuestError::file("remove", &folder))?;
        }
        let partial = folder.join("partial");
        fs::create_dir_all(&partial).map_err(GuestError::file("make folder", &partial))?;
        Ok(folder)
    }

    fn client<S: AsRef<OsStr>>(
        &self,
        program: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Result<String, GuestError> {
        finish(program, self.command(program).args(args))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.arg("-c").arg(self.folder.join("apt.conf"));
        command
    }

    /// The machine's own configuration (proxies, for one) is read before this and stays.
    fn settings(&self) -> String {
        let folder = self.folder.display();
        // Hooks of the machine act on the machine's own files.
        format!(
            r#"#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
#clear APT::Default-Release;
Dir::State "{folder}";
Dir::State::Lists "{folder}/lists";
Dir::State::status "{folder}/status";
Dir::State::extended_states "{folder}/extended_states";
Dir::Cache "{folder}/cache";
Dir::Cache::archives "{folder}/archives";
Dir::Cache::pkgcache "{folder}/cache/pkgcache.bin";
Dir::Cache::srcpkgcache "";
Dir::Log "{folder}/log";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "amd64";
#clear APT::Architectures;
APT::Architectures {{ "amd64"; }};
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Keep-Downloaded-Packages "true";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Debug::NoLocking "true";
"#
        )
    }

    fn write(&self, name: &str, text: &str) -> Result<(), GuestError> {
        let path = self.folder.join(name);
        fs::write(&path, text).map_err(GuestError::file("write", &path))
    }
}

fn unpack_folder(folder: &Path, into: &Path) -> Result<(), GuestError> {
    let entries = fs::read_dir(folder).map_err(GuestError::file("read folder", folder))?;
    for entry in entries {
        let path = entry
            .map_err(GuestError::file("read folder", folder))?
            .path();
        if path.extension().is_some_and(|e| e == "deb") {
            unpack_deb(&path, into)?;
        }
    }
    fs::remove_dir_all(folder).map_err(GuestError::file("remove", folder))
}

/// Unpacks the files of one package.
pub(crate) fn unpack_deb(package: &Path, into: &Path) -> Result<(), GuestError> {
    fs::create_dir_all(into).map_err(GuestError::file("make folder", into))?;
    finish(
        "dpkg-deb",
        Command::new("dpkg-deb").arg("-x").arg(package).arg(into),
    )
    .map(drop)
}

/// Runs a program to its end and returns its standard output.
pub(crate) fn finish(program: &str, command: &mut Command) -> Result<String, GuestError> {
    let failed = |said: String| GuestError::Tool {
        program: program.to_owned(),
        said,
        hint: None,
    };
    let output = command
        .stdin(Stdio::null())
        .env("LC_ALL", "C")
        .output()
        .map_err(|e| failed(e.to_string()))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = text.trim().lines().collect();
        return Err(failed(lines[lines.len().saturating_sub(12)..].join("\n")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A line for whoever waits.
pub(crate) fn progress(text: &str) {
    anstream::eprintln!("xfrmlab: {text}");
}
