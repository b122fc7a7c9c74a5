//! Owns the draft of a plan: the plan's own types with the places that they came
//! from, while a file is resolved. It never checks anything.

use std::sync::Arc;

use crate::{
    plan::{
        Device, EncapSocket, Iptables, Link, Neighbour, Node, Policy, RefusedRules, Route, Rule,
        SpdSettings, State, Sysctl, TextPlace,
    },
    spec::{
        diagnostic::{Diagnostic, Problems},
        lint::Lint,
        schema::rules::RulesSpec,
        source::{Source, Span, Spanned},
    },
};

/// A plan in the making.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) nodes: Vec<DraftNode>,
    pub(crate) links: Vec<Spanned<Link>>,
    /// Those that the kernel must refuse: nothing can name their devices.
    pub(crate) refused_links: Vec<Link>,
    /// Pairs of nodes between which only protected traffic may leave.
    pub(crate) pairs: Vec<(String, String)>,
}

/// A node in the making.
#[derive(Clone, Debug, Default)]
pub(crate) struct DraftNode {
    pub(crate) name: String,
    pub(crate) sysctls: Vec<Spanned<Sysctl>>,
    pub(crate) devices: Vec<Spanned<Device>>,
    pub(crate) neighbours: Vec<Spanned<Neighbour>>,
    pub(crate) routes: Vec<Spanned<Route>>,
    pub(crate) rules: Vec<Spanned<Rule>>,
    pub(crate) encap_sockets: Vec<Spanned<EncapSocket>>,
    pub(crate) spd: SpdSettings,
    pub(crate) states: Vec<Spanned<State>>,
    pub(crate) policies: Vec<Spanned<Policy>>,
    pub(crate) nft: Vec<Spanned<RulesSpec>>,
    /// `nft` as the plan has it, once all names have values.
    pub(crate) nft_text: (String, Vec<TextPlace>),
    pub(crate) iptables: Vec<Spanned<RulesSpec>>,
    pub(crate) ip6tables: Vec<Spanned<RulesSpec>>,
    /// Both as the plan has them.
    pub(crate) iptables_texts: Vec<Iptables>,
    pub(crate) refused_rules: Vec<RefusedRules>,
}

/// Problems, and which of the named checks the file switched off.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) problems: Problems,
    pub(crate) allowed: Vec<Lint>,
    /// Whether the file could be decoded whole: otherwise what is missing was perhaps misspelt.
    pub(crate) whole: bool,
    /// The texts that places are in.
    pub(crate) sources: Arc<Vec<Source>>,
    /// Where a problem goes that nobody is to see.
    pub(super) discarded: Problems,
}

impl Findings {
    pub(crate) fn error(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.problems.error(span, message)
    }

    /// Notes a problem unless the file allows it.
    pub(crate) fn lint(
        &mut self,
        lint: Lint,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        if self.allowed.contains(&lint) {
            self.discarded.list.clear();
            return self.discarded.error(span, "");
        }
        self.problems.lint(lint, span, message)
    }
}

impl Draft {
    pub(crate) fn node_mut(&mut self, name: &str) -> Option<&mut DraftNode> {
        self.nodes.iter_mut().find(|n| n.name == name)
    }

    pub(crate) fn node_names(&self) -> Vec<&str> {
        self.nodes.iter().map(|n| n.name.as_str()).collect()
    }
}

impl DraftNode {
    pub(crate) fn finish(self) -> Node {
        fn values<T>(list: Vec<Spanned<T>>) -> Vec<T> {
            list.into_iter().map(|s| s.value).collect()
        }
        Node {
            name: self.name,
            sysctls: values(self.sysctls),
            devices: values(self.devices),
            neighbours: values(self.neighbours),
            routes: values(self.routes),
            rules: values(self.rules),
            encap_sockets: values(self.encap_sockets),
            spd: self.spd,
            states: values(self.states),
            policies: values(self.policies),
            nft: self.nft_text.0,
            nft_places: self.nft_text.1,
            iptables: self.iptables_texts,
            refused_rules: self.refused_rules,
        }
    }
}
