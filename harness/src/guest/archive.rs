//! Owns writing cpio archives in the newc format, which the kernel unpacks as its first root
//! (Documentation/driver-api/early-userspace/buffer-format.rst). It reads no archive.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use cpio::{NewcBuilder, newc::ModeFileType};

/// An archive in memory. Several, one after the other, are one archive to the kernel.
pub(crate) struct Archive {
    bytes: Vec<u8>,
    next_inode: u32,
}

impl Archive {
    pub(crate) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            next_inode: 1,
        }
    }

    /// Adds a folder; its parents must be in some archive before it.
    pub(crate) fn folder(&mut self, name: &str) -> io::Result<()> {
        self.entry(name, 0o755, ModeFileType::Directory, &[])
    }

    /// Adds a file.
    pub(crate) fn file(&mut self, name: &str, mode: u32, content: &[u8]) -> io::Result<()> {
        self.entry(name, mode, ModeFileType::Regular, content)
    }

    /// Adds a symbolic link.
    pub(crate) fn link(&mut self, name: &str, target: &str) -> io::Result<()> {
        self.entry(name, 0o777, ModeFileType::Symlink, target.as_bytes())
    }

    /// Adds everything below `folder`, named relative to it.
    pub(crate) fn tree(&mut self, folder: &Path) -> io::Result<()> {
        self.below(folder, "")
    }

    fn below(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<io::Result<_>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.folder(&name)?;
                self.below(&entry.path(), &format!("{name}/"))?;
            } else if kind.is_symlink() {
                let target = fs::read_link(entry.path())?;
                self.link(&name, &target.to_string_lossy())?;
            } else if kind.is_file() {
                let mode = entry.metadata()?.permissions().mode() & 0o777;
                self.file(&name, mode, &fs::read(entry.path())?)?;
            }
        }
        Ok(())
    }

    /// Ends the archive.
    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        let mut bytes = cpio::newc::trailer(self.bytes)?;
        // The next archive begins at a multiple of four.
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        Ok(bytes)
    }

    fn entry(
        &mut self,
        name: &str,
        mode: u32,
        kind: ModeFileType,
        content: &[u8],
    ) -> io::Result<()> {
        let size = u32::try_from(content.len()).map_err(io::Error::other)?;
        let inode = self.next_inode;
        self.next_inode += 1;
        let builder = NewcBuilder::new(name)
            .ino(inode)
            .nlink(1)
            .mode(mode)
            .set_mode_file_type(kind);
        let mut writer = builder.write(std::mem::take(&mut self.bytes), size);
        writer.write_all(content)?;
        self.bytes = writer.finish()?;
        Ok(())
    }
}
