//! Owns the guest's kernel: its image and the modules that a lab can use, from a Debian
//! package or from files, kept in the cache. It boots nothing.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::{
    GuestError, KernelChoice,
    apt::{Apt, Suites, finish, progress, unpack_deb},
    archive::Archive,
    cache,
    modules::{INDEXES, copy_modules},
    release::newest,
    userland::Userland,
    vmlinux,
};

/// Raised when the recipe below changes.
const RECIPE: &str = "2";

/// A kernel ready to boot.
#[derive(Clone, Debug)]
pub(crate) struct Kernel {
    folder: PathBuf,
    /// `linux-image-... 6.12.107-1`, or a file name: what a report names.
    pub(crate) origin: String,
}

impl Kernel {
    /// Finds the kernel in the cache, or brings it there.
    pub(crate) fn ready(choice: &KernelChoice, userland: &Userland) -> Result<Self, GuestError> {
        match choice {
            KernelChoice::Host => Err(GuestError::Choice {
                text: choice.to_string(),
                why: "the running kernel needs no guest".to_owned(),
            }),
            KernelChoice::Debian(version) => Self::debian(version, userland),
            KernelChoice::Deb(package) => {
                let place = place("deb", &[package])?;
                let origin = file_name(package);
                Self::build(place, origin, userland, |into| unpack_deb(package, into))
            }
            KernelChoice::Files { image, modules } => {
                Self::files(image, modules.as_deref(), userland)
            }
            KernelChoice::Tree(tree) => Self::tree(tree, userland),
        }
    }

    fn debian(version: &str, userland: &Userland) -> Result<Self, GuestError> {
        // What a prefix meant when it was first asked for is kept: a second run downloads nothing.
        let resolved = cache::root().join(format!("debian-{version}.package"));
        let package = if let Ok(package) = fs::read_to_string(&resolved) {
            package
        } else {
            let package = newest(version)?;
            fs::create_dir_all(cache::root())
                .map_err(GuestError::file("make folder", &resolved))?;
            fs::write(&resolved, &package).map_err(GuestError::file("write", &resolved))?;
            package
        };
        let place = cache::root().join(format!("{package}-{RECIPE}"));
        Self::build(place, package.clone(), userland, |into| {
            progress(&format!("downloading {package}"));
            let mut apt = Apt::open(Suites::Stable)?;
            if !apt.names(&package)?.contains(&package) {
                drop(apt);
                apt = Apt::open(Suites::All)?;
            }
            let (_, depends) = apt.show(&package)?;
            // From 7.2 on the image package holds nothing itself.
            let mut packages = vec![package.as_str()];
            packages.extend(depends.split([',', ' ']).filter(|word| {
                word.starts_with("linux-binary-") || word.starts_with("linux-modules-")
            }));
            apt.unpack(&packages, into)
        })
    }

    fn files(
        image: &Path,
        modules: Option<&Path>,
        userland: &Userland,
    ) -> Result<Self, GuestError> {
        let inputs: Vec<&Path> = std::iter::once(image).chain(modules).collect();
        let place = place("files", &inputs)?;
        Self::build(place, file_name(image), userland, |into| {
            let copy = || -> io::Result<()> {
                fs::create_dir_all(into.join("boot"))?;
                fs::copy(image, into.join("boot/vmlinuz-given"))?;
                if let Some(modules) = modules.map(fs::canonicalize).transpose()? {
                    // Either `.../lib/modules/RELEASE` itself or a folder above it.
                    let release = find_release(&modules).unwrap_or(modules);
                    let name = release.file_name().unwrap_or_default();
                    fs::create_dir_all(into.join("lib/modules"))?;
                    symlink(&release, into.join("lib/modules").join(name))?;
                }
                Ok(())
            };
            copy().map_err(GuestError::file("copy a kernel to", into))
        })
    }

    /// A tree as `make` leaves it: modules lie where their sources do, nothing is installed.
    fn tree(tree: &Path, userland: &Userland) -> Result<Self, GuestError> {
        let image = tree.join("arch/x86/boot/bzImage");
        let release = tree.join("include/config/kernel.release");
        let order = tree.join("modules.order");
        for file in [&image, &release, &order] {
            if !file.exists() {
                return Err(GuestError::Choice {
                    text: tree.display().to_string(),
                    why: format!("a built kernel tree has `{}`", file.display()),
                });
            }
        }
        let origin = file_name(tree);
        let place = place("tree", &[&image, &release, &order])?;
        Self::build(place, origin, userland, |into| {
            let link = || -> io::Result<()> {
                let name = fs::read_to_string(&release)?;
                let modules = into.join("lib/modules").join(name.trim());
                fs::create_dir_all(&modules)?;
                fs::create_dir_all(into.join("boot"))?;
                fs::copy(&image, into.join("boot/vmlinuz-given"))?;
                symlink(fs::canonicalize(tree)?, modules.join("kernel"))?;
                for name in INDEXES.iter().filter(|name| tree.join(name).exists()) {
                    fs::copy(tree.join(name), modules.join(name))?;
                }
                Ok(())
            };
            link().map_err(GuestError::file("take a kernel from", tree))
        })
    }

    fn build(
        folder: PathBuf,
        origin: String,
        userland: &Userland,
        unpack: impl FnOnce(&Path) -> Result<(), GuestError>,
    ) -> Result<Self, GuestError> {
        cache::once(&folder, |scratch| {
            let full = scratch.join("full");
            unpack(&full)?;
            progress(&format!("preparing {origin}"));
            let failed = || GuestError::file("prepare a kernel in", scratch);
            let image = find_image(&full)
                .ok_or_else(|| GuestError::Package(format!("`{origin}` holds no kernel image")))?;
            let image = fs::read(image).map_err(failed())?;
            let kernel = vmlinux::extract(&image).unwrap_or(image);
            fs::write(scratch.join("kernel"), kernel).map_err(failed())?;
            let tree = scratch.join("tree");
            fs::create_dir_all(tree.join("usr/lib/modules")).map_err(failed())?;
            if let Some(release) = find_release(&full) {
                let name = file_name(&release);
                let to = tree.join("usr/lib/modules").join(&name);
                copy_modules(&release, &to).map_err(failed())?;
                let mut depmod = userland.command("depmod");
                // The guest's `/lib` is a link to `usr/lib`.
                depmod.arg("-b").arg(tree.join("usr")).arg(&name);
                finish("depmod", &mut depmod)?;
            }
            let pack = || -> io::Result<()> {
                let mut archive = Archive::new();
                archive.tree(&tree)?;
                fs::write(scratch.join("modules.cpio"), archive.finish()?)?;
                fs::remove_dir_all(&full)?;
                fs::remove_dir_all(&tree)
            };
            pack().map_err(failed())
        })?;
        Ok(Self { folder, origin })
    }

    /// An ELF kernel with a PVH entry, or a bzImage.
    pub(crate) fn image(&self) -> PathBuf {
        self.folder.join("kernel")
    }

    pub(crate) fn archive(&self) -> PathBuf {
        self.folder.join("modules.cpio")
    }
}

/// A folder in the cache that stands for these inputs as they are now.
fn place<P: AsRef<Path>>(kind: &str, inputs: &[P]) -> Result<PathBuf, GuestError> {
    let mut parts = vec![RECIPE.to_owned()];
    for input in inputs {
        let path = input.as_ref();
        // These are the paths that the person gave.
        let unread = |error: io::Error| GuestError::Choice {
            text: path.display().to_string(),
            why: error.to_string(),
        };
        let about = fs::metadata(path).map_err(unread)?;
        let full = fs::canonicalize(path).map_err(unread)?;
        parts.push(format!(
            "{} {} {:?}",
            full.display(),
            about.len(),
            about.modified().ok()
        ));
    }
    Ok(cache::root().join(format!("{kind}-{}", cache::key(parts))))
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// `.../lib/modules/RELEASE` in `folder`.
fn find_release(folder: &Path) -> Option<PathBuf> {
    ["usr/lib/modules", "lib/modules"].iter().find_map(|place| {
        let entries = fs::read_dir(folder.join(place)).ok()?;
        let mut entries = entries.filter_map(|e| Some(e.ok()?.path()));
        entries.find(|path| path.join("kernel").is_dir())
    })
}

fn find_image(folder: &Path) -> Option<PathBuf> {
    let boot = fs::read_dir(folder.join("boot")).ok().into_iter().flatten();
    let boot = boot.filter_map(|e| Some(e.ok()?.path()));
    let split = find_release(folder).map(|release| release.join("vmlinuz"));
    boot.filter(|path| file_name(path).starts_with("vmlinuz"))
        .chain(split.filter(|path| path.is_file()))
        .next()
}
