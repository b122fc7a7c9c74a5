//! Owns what the tools are asked of a world, and the comparable lines of their answers.

use std::collections::BTreeSet;

use serde_json::Value;
use xfrmlab::plan::{Node, Plan};

use crate::volatile;

/// What `ip` and `tc` are asked in a node, in as few processes as do: in an emulated guest each costs more than what it
/// lists. `ip` ends its whole batch after a list of states or policies.
const ASKED: &str = "echo '# NODE ip'\nip -n NODE -d -j -batch - <<'EOF'\nlink show\naddr show\nroute show table all\n\
                     rule show\nneigh show nud permanent\nEOF\n\
                     ip -n NODE -6 -d -j -batch - <<'EOF'\nroute show table all\nrule show\nEOF\n\
                     echo '# NODE xfrm'\nip -n NODE -s -s -batch - <<'EOF'\nxfrm policy getdefault\n\
                     xfrm policy count\nxfrm state\nEOF\nip -n NODE -s xfrm policy\n\
                     echo '# NODE tc'\ntc -n NODE qdisc\n";

/// The lines that wait until devices of a node that are up have their carrier, and with it their link-local addresses: a
/// world that is built by netlink is waited for, a script ends with its last line. Some never get one.
pub(crate) fn settled(node: &str) -> String {
    format!(
        "tries=30\nwhile ip -n {node} -o link show up | grep -q 'state \\(LOWERLAYER\\)\\{{0,1\\}}DOWN' && \
         [ $tries -gt 0 ]; do tries=$((tries - 1)); done\n"
    )
}

/// The lines that ask all nodes everything. Of the sysctls, those that the script sets are asked.
pub(crate) fn questions(plan: &Plan, script: &str) -> String {
    let of = |node: &Node| {
        let name = &node.name;
        let mut asked = ASKED.replace("NODE", name);
        if node.has_rules() {
            asked += &format!("echo '# {name} nft'\nip netns exec {name} nft list ruleset\n");
        }
        let sysctls = sysctls(script, name);
        if !sysctls.is_empty() {
            asked += &format!("echo '# {name} sysctl'\nip netns exec {name} sysctl {sysctls}\n");
        }
        asked
    };
    let nodes: String = plan.nodes.iter().map(of).collect();
    format!("exec 2>&1\n{nodes}")
}

/// Names of the sysctls that a script sets in a node.
fn sysctls(script: &str, node: &str) -> String {
    let command = format!("ip netns exec {node} sysctl -qw ");
    let joined = script.replace("\\\n", " ");
    let set = joined
        .lines()
        .filter_map(|line| line.strip_prefix(&command));
    let names: BTreeSet<&str> = set
        .flat_map(str::split_whitespace)
        .filter_map(|setting| Some(setting.split_once('=')?.0))
        .collect();
    names.into_iter().collect::<Vec<_>>().join(" ")
}

/// What a world shows, without what differs between two that are the same, in an order of its own. `script` names what
/// was asked for.
pub(crate) fn lines(printed: &str, script: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut part = "";
    // `ip xfrm` and `nft` print an object over several lines, the first of which is not indented.
    let mut object = String::new();
    for line in printed.lines() {
        if let Some(name) = line.strip_prefix("# ") {
            out.extend(ended(part, &mut object));
            part = name;
        } else if let Ok(Value::Array(list)) = serde_json::from_str(line) {
            let items = list.into_iter().map(|item| volatile::settled(item, script));
            out.extend(items.map(|item| format!("{part}: {item}")));
        } else {
            if !line.starts_with(char::is_whitespace) && line != "}" {
                out.extend(ended(part, &mut object));
            }
            object += &volatile::words(line);
        }
    }
    out.extend(ended(part, &mut object));
    out.sort();
    out
}

/// The object that ended, if one did.
fn ended(part: &str, object: &mut String) -> Option<String> {
    let whole = std::mem::take(object);
    (!whole.trim().is_empty()).then(|| format!("{part}:{whole}"))
}

/// Takes what use has left out of the SAs that were used in either world.
pub(crate) fn forget_use(worlds: [&mut Vec<String>; 2]) {
    let used: BTreeSet<String> = worlds
        .iter()
        .flat_map(|lines| lines.iter().filter_map(|line| volatile::used(line)))
        .map(str::to_owned)
        .collect();
    for line in worlds.into_iter().flatten() {
        let sa = line.split_once(" reqid ").map(|(sa, _)| sa);
        if sa.is_some_and(|sa| used.contains(sa)) {
            *line = volatile::unused(line);
        }
    }
}

/// The lines that only one of the two has, side by side from where they part.
pub(crate) fn difference(by_netlink: &[String], by_script: &[String]) -> String {
    let mut script: Vec<&String> = by_script.iter().collect();
    let mut netlink = Vec::new();
    for line in by_netlink {
        match script.iter().position(|other| *other == line) {
            Some(place) => drop(script.remove(place)),
            None => netlink.push(line),
        }
    }
    let mut out = String::new();
    for number in 0..netlink.len().max(script.len()) {
        let (a, b) = (netlink.get(number), script.get(number));
        let (a, b) = (a.map_or("", |l| l.as_str()), b.map_or("", |l| l.as_str()));
        let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
        let shown = |line: &str| {
            let head: String = line.chars().take(30.min(same)).collect();
            let tail: String = line
                .chars()
                .skip(30.max(same.saturating_sub(60)).min(same))
                .take(200)
                .collect();
            format!("{head} ... {tail}")
        };
        out += &format!("netlink {}\nscript  {}\n", shown(a), shown(b));
    }
    out
}
