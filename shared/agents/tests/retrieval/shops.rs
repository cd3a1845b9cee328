//! Shops to load from, and tenants linked to them.

use std::{fs, path::Path, sync::Arc};

use agents::retrieval::{Mirror, Progress, Refreshed, refresh};
use auth::Tenant;
use domain::{clock::Clock, digest::Digest, ids::LinkedAccountId, secret::Secret};
use jiff::Timestamp;
use metrics::{columns::Columns, segment};
use shopify::reader::client;
use store::{Store, linked_accounts, segments, snapshots};
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;

/// When the sample store's clock starts.
pub(crate) const NOW: &str = "2026-03-10T12:00:00Z";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A simulator with these stores, each behind its token.
pub(crate) struct Sim {
    pub(crate) base: Url,
    serving: JoinHandle<()>,
}

impl Sim {
    pub(crate) async fn serve(folders: &[(&str, &Path)]) -> Self {
        let stores = folders.iter().map(|(token, folder)| {
            ((*token).to_owned(), Arc::new(shopify_sim::folder::load(folder).unwrap()))
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let serving = shopify_sim::server::serve(listener, stores.collect(), Clock::Fixed(at(NOW)));
        Self { base, serving: tokio::spawn(async { serving.await.unwrap() }) }
    }

    /// From now on nobody answers.
    pub(crate) fn stop(self) -> Url {
        self.serving.abort();
        self.base
    }
}

/// The sample store with more rows in some of its files.
pub(crate) fn sample_with(more: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(shopify_sim::sample::folder()).unwrap() {
        let path = entry.unwrap().path();
        let mut text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        for (_, rows) in more.iter().filter(|(file, _)| *file == name) {
            text.push_str(rows);
        }
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// A store without a single row.
pub(crate) fn empty() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(shopify_sim::sample::folder().join("store.json"), folder.path().join("store.json")).unwrap();
    folder
}

/// Links a shop of the tenant behind this token.
pub(crate) async fn link(store: &Store, tenant: &Tenant, shop_domain: &str, token: &str) -> LinkedAccountId {
    let mut tx = store.tenant(tenant).await.unwrap();
    let new = linked_accounts::New {
        id: LinkedAccountId::new(),
        shop_domain,
        access_token: &Secret::new(token),
        scopes: &[],
        now: at(NOW),
    };
    let id = linked_accounts::link(&mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
    id
}

pub(crate) async fn mirror(
    store: &Store,
    tenant: Tenant,
    account: LinkedAccountId,
    base: &Url,
    now: &str,
) -> Mirror {
    let wire = (client().unwrap(), Some(base.clone()));
    Mirror::open(store, tenant, account, wire, Clock::Fixed(at(now))).await.unwrap()
}

pub(crate) fn unwatched(_: Progress) {}

pub(crate) async fn loaded(mirror: &Mirror) -> Refreshed {
    refresh(mirror, &unwatched).await.unwrap()
}

/// Every column that the snapshot names.
pub(crate) async fn columns(store: &Store, tenant: &Tenant, snapshot: Digest) -> Vec<Columns> {
    let mut tx = store.tenant_read_only(tenant).await.unwrap();
    let list = snapshots::load(&mut tx, snapshot).await.unwrap();
    let digests: Vec<_> = list.iter().map(|segment| segment.digest).collect();
    let bytes = segments::load(&mut tx, &digests).await.unwrap();
    tx.commit().await.unwrap();
    let of = |digest| &bytes.iter().find(|(found, _)| *found == digest).unwrap().1;
    list.iter().map(|found| segment::decode(found.dataset, of(found.digest)).unwrap()).collect()
}
