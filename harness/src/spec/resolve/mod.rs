//! How a decoded file becomes a [`Plan`](crate::plan::Plan): every name bound, every default
//! filled, every shorthand expanded, and everything checked that needs no kernel.

mod algorithms;
mod alter;
mod arrivals;
mod changes;
mod counts;
mod derive;
mod devices;
mod draft;
mod exec;
mod guard;
mod impair;
mod ipv6;
mod mesh;
mod meters;
mod moves;
mod names;
mod natting;
mod needs;
mod network;
mod nft;
mod objects;
mod on;
mod packet;
mod points;
mod policies;
mod rare;
mod segment;
mod select;
mod selector;
mod states;
mod steps;
mod suspects;
mod sysctls;
mod together;
mod traffic;
mod tunnel_policies;
mod tunnels;
mod variant;
mod via;
mod whole;

pub use whole::{resolve, resolve_all};
