//! Every form of `--kernel` boots a kernel that does IPsec. The files are made from the cached Debian kernel.
#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot do without has no other way to go on"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "it lays out kernels as files and runs the command on them"
)]

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use xfrmlab::guest::{Broker, KernelChoice, cache_folder};

mod turn;

/// The cached default kernel as `make modules_install` would lay it out, and its release.
struct Installed {
    folder: tempfile::TempDir,
    release: String,
}

impl Installed {
    fn new() -> Self {
        Broker::connect(&KernelChoice::default()).unwrap_or_else(|e| panic!("{e}"));
        let prefix = "linux-image-6.12";
        let cached = fs::read_dir(cache_folder())
            .unwrap()
            .flatten()
            .map(|e| e.path())
            .find(|path| {
                path.join("kernel").is_file()
                    && path
                        .file_name()
                        .unwrap()
                        .to_string_lossy()
                        .starts_with(prefix)
            });
        let cached = cached.expect("the broker has brought it");
        let folder = tempfile::tempdir().unwrap();
        unpack(
            &fs::read(cached.join("modules.cpio")).unwrap(),
            folder.path(),
        );
        fs::create_dir(folder.path().join("boot")).unwrap();
        fs::copy(
            cached.join("kernel"),
            folder.path().join("boot/vmlinuz-cached"),
        )
        .unwrap();
        let mut releases = fs::read_dir(folder.path().join("usr/lib/modules"))
            .unwrap()
            .flatten();
        let release = releases.next().unwrap().file_name().into_string().unwrap();
        Self { folder, release }
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("boot/vmlinuz-cached")
    }

    fn modules(&self) -> PathBuf {
        self.folder
            .path()
            .join("usr/lib/modules")
            .join(&self.release)
    }

    /// Runs the gateway pair on a kernel, with a cache that ends with the test.
    #[track_caller]
    fn check(&self, kernel: &str) {
        let cache = self.folder.path().join("cache/xfrmlab");
        fs::create_dir_all(&cache).unwrap();
        for entry in fs::read_dir(cache_folder()).unwrap().flatten() {
            let name = entry.file_name();
            if name.to_string_lossy().starts_with("userland")
                || name.to_string_lossy().starts_with("kvm")
            {
                symlink(entry.path(), cache.join(name)).unwrap();
            }
        }
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../topologies/seeds/gateway-pair.toml");
        let _turn = turn::alone();
        let output = Command::new(env!("CARGO_BIN_EXE_xfrmlab"))
            .arg("run")
            .arg(file)
            .args(["--kernel", kernel, "--out"])
            .arg(self.folder.path().join("out"))
            .env("XDG_CACHE_HOME", self.folder.path().join("cache"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.contains(&self.release), "{said}");
    }
}

/// Unpacks a newc archive: headers of 110 hexadecimal characters, names and contents padded to four bytes
/// (Documentation/driver-api/early-userspace/buffer-format.rst).
fn unpack(archive: &[u8], into: &Path) {
    let mut at = 0;
    loop {
        let field = |n: usize| {
            let text = std::str::from_utf8(&archive[at + 6 + 8 * n..][..8]).unwrap();
            usize::from_str_radix(text, 16).unwrap()
        };
        let (mode, size, name_size) = (field(1), field(6), field(11));
        let name = std::str::from_utf8(&archive[at + 110..][..name_size - 1]).unwrap();
        let content = (at + 110 + name_size).next_multiple_of(4);
        if name == "TRAILER!!!" {
            return;
        }
        let path = into.join(name);
        match mode & 0o170_000 {
            0o040_000 => fs::create_dir_all(path).unwrap(),
            0o100_000 => fs::write(path, &archive[content..][..size]).unwrap(),
            _ => {}
        }
        at = (content + size).next_multiple_of(4);
    }
}

#[test]
fn an_image_with_a_folder_of_modules() {
    let kernel = Installed::new();
    kernel.check(&format!(
        "{}:{}",
        kernel.image().display(),
        kernel.folder.path().display()
    ));
}

#[test]
fn a_built_tree() {
    let kernel = Installed::new();
    let tree = kernel.folder.path().join("linux");
    fs::rename(kernel.modules().join("kernel"), &tree).unwrap();
    fs::create_dir_all(tree.join("arch/x86/boot")).unwrap();
    fs::rename(kernel.image(), tree.join("arch/x86/boot/bzImage")).unwrap();
    fs::create_dir_all(tree.join("include/config")).unwrap();
    fs::write(
        tree.join("include/config/kernel.release"),
        format!("{}\n", kernel.release),
    )
    .unwrap();
    for name in ["modules.order", "modules.builtin"] {
        fs::rename(kernel.modules().join(name), tree.join(name)).unwrap();
    }
    // Real trees have links that lead back up.
    symlink("..", tree.join("source")).unwrap();
    kernel.check(&format!("{}", tree.display()));
}

#[test]
fn a_package() {
    let kernel = Installed::new();
    let root = kernel.folder.path().join("package");
    fs::create_dir_all(root.join("DEBIAN")).unwrap();
    let control = "Package: linux-image-test\nVersion: 1\nArchitecture: amd64\nMaintainer: nobody\nDescription: a kernel\n";
    fs::write(root.join("DEBIAN/control"), control).unwrap();
    for folder in ["usr", "boot"] {
        fs::rename(kernel.folder.path().join(folder), root.join(folder)).unwrap();
    }
    let package = kernel.folder.path().join("linux-image-test.deb");
    let built = Command::new("dpkg-deb")
        .args(["--build", "--root-owner-group", "-Znone"])
        .arg(&root)
        .arg(&package)
        .output();
    assert!(built.unwrap().status.success());
    kernel.check(&package.display().to_string());
}
