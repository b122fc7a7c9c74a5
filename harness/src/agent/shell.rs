//! Owns the agent's side of a person's shell: builds the world, starts a shell in a node, and carries what is
//! typed and shown. From then on the stream belongs to the shell alone.

use std::{
    io::{self, Read, Write},
    thread,
};

use super::{
    LabFailure,
    frame::read_frame,
    protocol::{Reply, Request, ShellRequest},
};
use crate::lab::{Shell, World, resize};

/// Serves one shell until it has ended or the person has gone.
pub(super) fn serve_shell(
    request: &ShellRequest,
    mut reader: impl Read,
    answer: &(impl Fn(&Reply) -> io::Result<()> + Sync),
) -> io::Result<()> {
    // The world lives until this function returns.
    let (_world, mut shell) = match open(request, answer) {
        Ok(opened) => opened,
        Err(failure) => return answer(&Reply::ShellEnded(Err(failure))),
    };
    let (Some(mut shown), mut typed) = (shell.take_output(), shell.take_input()) else {
        return Err(io::Error::other("the shell has no output"));
    };
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut buffer = [0; 4096];
            // A terminal whose last program has gone gives EIO, a pipe its end.
            while let Ok(length @ 1..) = shown.read(&mut buffer) {
                if answer(&Reply::Output(buffer[..length].to_vec())).is_err() {
                    return;
                }
            }
            drop(answer(&Reply::ShellEnded(Ok(()))));
        });
        while let Some(request) = read_frame(&mut reader)? {
            match (request, &mut typed) {
                (Request::Input(bytes), Some(typed)) => {
                    // A shell that has ended takes nothing more; the thread above says so.
                    drop(typed.write_all(&bytes));
                }
                (Request::Resize(size), Some(typed)) => resize(typed, size),
                (Request::InputEnded, typed) => drop(typed.take()),
                _ => break,
            }
        }
        // Ends the programs of the shell, and with them the thread above.
        drop(shell);
        Ok(())
    })
}

fn open(
    request: &ShellRequest,
    answer: &impl Fn(&Reply) -> io::Result<()>,
) -> Result<(World, Shell), LabFailure> {
    let mut world = World::build_named(&request.plan)?;
    if request.drive {
        let observations = world.drive(&request.plan)?;
        // Whoever does not listen any more shows as the end of the stream.
        drop(answer(&Reply::Driven(Box::new(observations))));
    }
    let first = request.plan.nodes.first().map_or("", |n| n.name.as_str());
    let node = request.node.as_deref().unwrap_or(first);
    let shell = world.shell(node, request.size)?;
    drop(answer(&Reply::ShellReady));
    Ok((world, shell))
}
