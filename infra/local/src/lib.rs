//! The local world: every function in one process, over a private PostgreSQL and a simulated Shopify, and the
//! `alatar` command that brings it up, asks it and shows what it says. Only the edges differ from Lambda: the handlers
//! are the same.

use std::net::Ipv4Addr;

use tokio::net::TcpListener;

use crate::error::Error;

pub mod bench;
pub mod client;
pub mod command;
pub mod database;
pub mod error;
pub mod home;
pub mod merchants;
pub mod progress;
pub mod server;
pub mod show;
pub mod simulator;
pub mod sockets;
pub mod stores;
pub mod world;

/// Listens on this machine alone; port 0 takes any free one.
async fn listen(port: u16) -> Result<TcpListener, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => Error::PortInUse { port },
        _ => Error::Listen { port, source },
    })
}
