//! `seed`: rows in every table for both demonstration merchants.

use std::path::PathBuf;

use cluster::Safety;
use runtime::config::Config;
use store::linked_accounts;

use super::{print, program};
use crate::error::Error;
use crate::home::{Home, Run};
use crate::merchants;
use crate::progress::Progress;
use crate::world::{self, Options, Second, World};

pub(super) async fn both(config: Config, data: Option<PathBuf>) -> Result<(), Error> {
    let home = Home::open(&config.home)?;
    if let Some(run) = home.running() {
        let app = world::visit(config, &home, &run)?;
        return plant(&app, &run).await;
    }
    let progress = Progress::on_standard_error();
    let options = Options {
        config,
        data,
        second: Second::WithTwin,
        port: 0,
        program: program()?,
        safety: Safety::Durable,
        progress: progress.clone(),
    };
    let world = World::start(options).await;
    progress.end();
    let world = world?;
    let planted = plant(world.app(), world.run()).await;
    world.stop().await?;
    planted
}

async fn plant(app: &runtime::app::App, run: &Run) -> Result<(), Error> {
    let doing = "the rows could not be planted";
    for merchant in &run.merchants {
        let tenant = merchants::tenant(app, &merchant.email, merchant.user_id).await?;
        let mut tx = app.store.tenant(&tenant).await.map_err(Error::store(doing))?;
        let accounts = linked_accounts::list(&mut tx).await.map_err(Error::store(doing))?;
        let Some(account) = accounts.first() else {
            return Err(Error::Merchant(format!("{} has no store", merchant.email)));
        };
        store::seed::every_table(&mut tx, account.id, app.clock.now()).await.map_err(Error::store(doing))?;
        tx.commit().await.map_err(Error::store(doing))?;
        print(&format!("{}: a row in every table\n", merchant.email));
    }
    Ok(())
}
