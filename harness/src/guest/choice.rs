//! Owns `KernelChoice`: what `--kernel` says. It looks at no file.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use super::GuestError;

/// The kernel that a run is asked to use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KernelChoice {
    /// The running kernel.
    Host,
    /// The newest Debian kernel package whose version begins so: `6.12`.
    Debian(String),
    /// A kernel package as a file.
    Deb(PathBuf),
    /// A bzImage or vmlinux, and the folder that holds its modules
    /// (`.../lib/modules/RELEASE`, or a folder above it).
    Files {
        image: PathBuf,
        modules: Option<PathBuf>,
    },
    /// A built kernel tree.
    Tree(PathBuf),
}

impl Default for KernelChoice {
    /// What is booted when nobody asks for a kernel and the running one will not do.
    fn default() -> Self {
        Self::Debian("6.12".to_owned())
    }
}

impl FromStr for KernelChoice {
    type Err = GuestError;

    fn from_str(text: &str) -> Result<Self, GuestError> {
        let wrong = |why: &str| GuestError::Choice {
            text: text.to_owned(),
            why: why.to_owned(),
        };
        if text == "host" {
            return Ok(Self::Host);
        }
        if let Some(version) = text.strip_prefix("debian:") {
            let begins = version.starts_with(|c: char| c.is_ascii_digit());
            let rest = |c: char| c.is_ascii_alphanumeric() || ".+~-".contains(c);
            if !begins || !version.chars().all(rest) {
                return Err(wrong("a version begins with a digit, as in `debian:6.12`"));
            }
            return Ok(Self::Debian(version.to_owned()));
        }
        if !text.contains(['/', '.']) {
            return Err(wrong("neither a known word nor a path"));
        }
        if Path::new(text).extension().is_some_and(|e| e == "deb") {
            return Ok(Self::Deb(text.into()));
        }
        if let Some((image, modules)) = text.rsplit_once(':') {
            if image.is_empty() || modules.is_empty() {
                return Err(wrong(
                    "an image and a modules folder stand around the colon",
                ));
            }
            return Ok(Self::Files {
                image: image.into(),
                modules: Some(modules.into()),
            });
        }
        let name = text.rsplit('/').next().unwrap_or(text);
        if name.starts_with("bzImage") || name.starts_with("vmlinu") {
            return Ok(Self::Files {
                image: text.into(),
                modules: None,
            });
        }
        Ok(Self::Tree(text.into()))
    }
}

impl fmt::Display for KernelChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("host"),
            Self::Debian(version) => write!(f, "debian:{version}"),
            Self::Deb(path)
            | Self::Tree(path)
            | Self::Files {
                image: path,
                modules: None,
            } => {
                write!(f, "{}", path.display())
            }
            Self::Files {
                image,
                modules: Some(modules),
            } => {
                write!(f, "{}:{}", image.display(), modules.display())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&KernelChoice>) {
        let seen = text.parse::<KernelChoice>();
        assert_eq!(seen.as_ref().ok(), expected, "{seen:?}");
        if let Ok(choice) = seen {
            assert_eq!(choice.to_string(), text);
        }
    }

    #[test]
    fn each_form_is_read_and_prints_as_it_was_written() {
        check("host", Some(&KernelChoice::Host));
        check("debian:6.12", Some(&KernelChoice::Debian("6.12".into())));
        check(
            "./linux-image-x.deb",
            Some(&KernelChoice::Deb("./linux-image-x.deb".into())),
        );
        check("../linux", Some(&KernelChoice::Tree("../linux".into())));
        check(
            "/boot/vmlinuz-6",
            Some(&KernelChoice::Files {
                image: "/boot/vmlinuz-6".into(),
                modules: None,
            }),
        );
        check(
            "a/bzImage:b/mods",
            Some(&KernelChoice::Files {
                image: "a/bzImage".into(),
                modules: Some("b/mods".into()),
            }),
        );
    }

    #[test]
    fn what_names_no_kernel_is_refused() {
        for text in [
            "",
            "hosts",
            "debian:",
            "debian:trixie",
            "debian:6;rm",
            "a/bzImage:",
        ] {
            check(text, None);
        }
    }
}
