//! Everything in one process: database, relay, handlers, HTTP server; and the simulator beside it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cluster::Safety;
use domain::clock::Clock;
use domain::department::Department;
use domain::secret::Secret;
use jiff::{SignedDuration, Timestamp};
use runtime::app::App;
use runtime::config::Config;
use runtime::queue::Queue;
use runtime::relay::{self, Handlers, Relay};
use store::vault::Keyring;
use store::{Settings, Store};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::Url;

use crate::database::Database;
use crate::error::Error;
use crate::home::{Home, Lock, Merchant, Run, RunMerchant};
use crate::progress::Progress;
use crate::simulator::{Order, Served, Simulator};
use crate::sockets::Sockets;
use crate::stores::{self, StoreFolder};
use crate::{merchants, server};

/// 8 connections on 2 cores beat 32.
const POOL_MAX: usize = 8;
/// How long requests that have begun may take when the server stops.
const REQUESTS_MAX: Duration = Duration::from_secs(10);
/// The world's time is written down this often, so that it never runs backwards after a crash.
const SEE_EVERY: Duration = Duration::from_secs(1);

/// What a world is made of.
pub struct Options {
    pub config: Config,
    /// The first merchant's store; a twin where absent.
    pub data: Option<PathBuf>,
    pub second: Second,
    /// 0 takes any free port.
    pub port: u16,
    /// The `alatar` command, which is also the simulator.
    pub program: PathBuf,
    pub safety: Safety,
    pub progress: Progress,
}

/// The second merchant.
pub enum Second {
    Nobody,
    WithTwin,
    With(PathBuf),
}

/// A running world. [`World::stop`] ends it in order; dropping it ends it at once.
pub struct World {
    home: Home,
    app: App,
    relay: Relay,
    sockets: Sockets,
    /// The end of the server: ready when it has stopped.
    serving: JoinHandle<std::io::Result<()>>,
    stop_serving: oneshot::Sender<()>,
    /// What runs beside, for as long as the world does.
    beside: Vec<JoinHandle<()>>,
    simulator: Option<Simulator>,
    merchants: Vec<merchants::Ready>,
    run: Run,
    /// The last to go, but for the lock.
    database: Database,
    _lock: Lock,
}

/// A store and whose it is.
struct Owned {
    store: StoreFolder,
    merchant: Merchant,
}

impl World {
    /// Brings everything up; returns when it serves.
    ///
    /// # Errors
    /// Whatever is in the way, with cause and cure; nothing is left running then.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let Options { mut config, data, second, port, program, safety, progress } = options;
        let home = Home::open(&config.home)?;
        config.home = home.path().to_path_buf();
        let lock = home.lock()?;
        home.remove_run();
        let listener = crate::listen(port).await?;
        let url = match listener.local_addr() {
            Ok(address) => format!("http://{address}"),
            Err(source) => return Err(Error::Listen { port, source }),
        };
        let owned = owned(&home, data.as_deref(), &second, &progress)?;
        let (clock, store_name) = clock(&config, &home, owned.first());
        progress.say("starting PostgreSQL and the simulator");
        let (database, simulator) =
            tokio::join!(Database::open(&config, &home, safety), simulator(&config, &program, &owned, clock));
        let (database, simulator) = (database?, simulator?);
        let simulator_url = simulator
            .as_ref()
            .map(|simulator| simulator.url.clone())
            .or_else(|| config.shopify.api_base.clone());
        config.shopify.api_base.clone_from(&simulator_url);
        progress.say("bringing the database up to date");
        database.migrate().await?;
        let (app, relay, sockets) = wire(config, &database.owner_url, clock).await?;
        let mut merchants = Vec::new();
        for Owned { store, merchant } in owned {
            merchants.push(merchants::settle(&app, merchant, &store.domain).await?);
        }
        let (stop_serving, stopped) = oneshot::channel();
        let serving = tokio::spawn(server::serve(listener, app.clone(), sockets.clone(), async {
            // An error means that the world is gone: then the server goes too.
            let _ = stopped.await;
        }));
        let mut beside = vec![see(home.clone(), store_name, clock)?];
        beside.extend(database.look_after());
        let run = run(&url, &database, simulator_url.as_ref(), &merchants)?;
        Ok(Self {
            home,
            app,
            relay,
            sockets,
            serving,
            stop_serving,
            beside,
            simulator,
            merchants,
            run,
            database,
            _lock: lock,
        })
    }

    /// What `run.json` says.
    pub const fn run(&self) -> &Run {
        &self.run
    }

    pub const fn home(&self) -> &Home {
        &self.home
    }

    pub const fn app(&self) -> &App {
        &self.app
    }

    pub fn merchants(&self) -> &[merchants::Ready] {
        &self.merchants
    }

    /// Tells other tools where everything is, until the world stops.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn announce(&self) -> Result<(), Error> {
        self.home.write_run(&self.run)
    }

    /// Waits until every message is handled.
    pub async fn run_until_idle(&self) {
        self.relay.run_until_idle().await;
    }

    /// No new requests, then no new messages; what has begun is finished, then everything goes.
    ///
    /// # Errors
    /// [`Error::Cluster`] when PostgreSQL could not be waited for.
    pub async fn stop(self) -> Result<(), Error> {
        self.home.remove_run();
        // The server may have ended by itself.
        let _ = self.stop_serving.send(());
        self.sockets.close().await;
        let mut serving = self.serving;
        if tokio::time::timeout(REQUESTS_MAX, &mut serving).await.is_err() {
            serving.abort();
        }
        self.relay.shut_down().await;
        self.beside.iter().for_each(JoinHandle::abort);
        if let Some(simulator) = self.simulator {
            simulator.stop().await;
        }
        drop(self.app);
        self.database.stop().await
    }
}

fn owned(
    home: &Home,
    data: Option<&Path>,
    second: &Second,
    progress: &Progress,
) -> Result<Vec<Owned>, Error> {
    let store = stores::first(home, data, progress)?;
    let other = match second {
        Second::Nobody => None,
        Second::WithTwin => Some(stores::second(home, &store, progress)?),
        Second::With(folder) => Some(stores::open(folder)?),
    };
    let mut out = vec![Owned { merchant: merchants::of(home, "first", &store)?, store }];
    if let Some(store) = other {
        out.push(Owned { merchant: merchants::of(home, "second", &store)?, store });
    }
    Ok(out)
}

/// The world's clock starts where the first store's does and stands still while nothing runs: time in the database
/// never runs backwards.
fn clock(config: &Config, home: &Home, first: Option<&Owned>) -> (Clock, String) {
    let name = first.map_or_else(String::new, |owned| owned.store.fingerprint.clone());
    let start = first.and_then(|owned| owned.store.now);
    let seen = home.last_seen(&name).map(|at| at + SignedDuration::from_secs(1));
    (config.clock(start.map(|start| seen.map_or(start, |seen| start.max(seen)))), name)
}

async fn simulator(
    config: &Config,
    program: &Path,
    owned: &[Owned],
    clock: Clock,
) -> Result<Option<Simulator>, Error> {
    if config.shopify.api_base.is_some() {
        return Ok(None);
    }
    let served = |owned: &Owned| Served {
        folder: owned.store.path.clone(),
        domain: owned.store.domain.clone(),
        access_token: owned.merchant.shopify_token.clone(),
    };
    let order = Order { stores: owned.iter().map(served).collect(), port: 0, now: Some(clock.now()) };
    Simulator::start(program, &order).await.map(Some)
}

async fn wire(config: Config, owner_url: &Secret, clock: Clock) -> Result<(App, Relay, Sockets), Error> {
    let (handle, inbox) = relay::channel();
    let app = app(config, owner_url, clock, Queue::Local(handle.clone()))?;
    let sockets =
        Sockets::open(&app.store).await.map_err(Error::store("the database could not be opened"))?;
    let relay = Relay::start(app.store.clone(), clock, &handle, inbox, handlers(&app, &sockets));
    Ok((app, relay, sockets))
}

fn app(config: Config, owner_url: &Secret, clock: Clock, queue: Queue) -> Result<App, Error> {
    let failed = Error::store("the database could not be opened");
    let runtime_url = store::roles::runtime_url(owner_url);
    let urls = runtime_url.and_then(|runtime| Ok((runtime, store::roles::system_url(owner_url)?)));
    let (runtime_url, system_url) = urls.map_err(failed)?;
    let vault = Keyring::new(config.master_key.expose()).map_err(runtime::Error::Vault)?;
    let instance = domain::ids::MessageId::new().uuid();
    let store = Store::connect(Settings { runtime_url, system_url, pool_max: POOL_MAX, instance, vault });
    Ok(App::new(config, clock, store.map_err(runtime::Error::Store)?, queue)?)
}

/// The database and the keys of a world that another process runs in this home; what is written through it is
/// delivered by that process.
///
/// # Errors
/// [`Error::Store`] or [`Error::Runtime`].
pub fn visit(config: Config, home: &Home, run: &Run) -> Result<App, Error> {
    let (handle, _nobody) = relay::channel();
    let clock = config.clock(home.now());
    app(config, &Secret::new(run.owner_database_url.clone()), clock, Queue::Local(handle))
}

fn handlers(app: &App, sockets: &Sockets) -> Handlers {
    let (orchestrator, told, sockets) = (app.clone(), app.clone(), sockets.clone());
    let mut handlers = Handlers::new().on("orchestrator", move |event| {
        let app = orchestrator.clone();
        async move { orchestrator::handle(&app, event).await }
    });
    handlers = handlers.on(store::outbox::UPDATES, move |event| {
        let (app, sockets) = (told.clone(), sockets.clone());
        async move { websocket::updates(&app, &sockets, event).await }
    });
    for department in Department::ALL {
        let app = app.clone();
        handlers = handlers.on(department.name(), move |event| {
            let app = app.clone();
            async move { departments::handle(&app, department, event).await }
        });
    }
    handlers
}

/// Writes the world's time down until it is aborted.
fn see(home: Home, store: String, clock: Clock) -> Result<JoinHandle<()>, Error> {
    home.see(&store, clock.now())?;
    Ok(tokio::spawn(async move {
        let mut ticks = tokio::time::interval(SEE_EVERY);
        loop {
            ticks.tick().await;
            let now: Timestamp = clock.now();
            if let Err(error) = home.see(&store, now) {
                tracing::warn!(%error, "the world's time was not written down");
            }
        }
    }))
}

fn run(
    url: &str,
    database: &Database,
    simulator: Option<&Url>,
    merchants: &[merchants::Ready],
) -> Result<Run, Error> {
    let runtime_url = store::roles::runtime_url(&database.owner_url);
    let runtime_url = runtime_url.map_err(Error::store("the database could not be opened"))?;
    let merchant = |ready: &merchants::Ready| RunMerchant {
        email: ready.merchant.email.clone(),
        password: ready.merchant.password.clone(),
        user_id: ready.user_id,
    };
    Ok(Run {
        pid: std::process::id(),
        url: url.to_owned(),
        websocket_url: format!("{}/graphql", url.replacen("http", "ws", 1)),
        owner_database_url: database.owner_url.expose().to_owned(),
        runtime_database_url: runtime_url.expose().to_owned(),
        simulator_url: simulator.map(|url| url.as_str().trim_end_matches('/').to_owned()).unwrap_or_default(),
        merchants: merchants.iter().map(merchant).collect(),
    })
}
