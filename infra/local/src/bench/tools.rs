//! Tools and rendering alone: the same pure functions over the same snapshot, without queue or database.

use std::hint::black_box;
use std::time::Duration;

use agents::planner::{self, Outcome};
use agents::renderer::{self, Input};
use agents::snapshots::Cache;
use domain::ids::AgentTaskId;
use flow::plan::{Plan, Work};
use metrics::kernel;

use super::processes;
use crate::error::Error;
use crate::merchants;
use crate::world::World;

const ROUNDS: u32 = 50;
const DOING: &str = "the mirror could not be read";

/// Processor time of one round of queries and rendering, the mean of many.
///
/// # Errors
/// [`Error::Store`], or [`Error::Failed`] where the question cannot be planned.
pub(super) async fn tools_and_rendering(world: &World, question: &str) -> Result<Duration, Error> {
    let failed = |what: &str| Error::Failed(format!("tools and rendering could not be measured: {what}"));
    let merchant = world.merchants().first().ok_or_else(|| failed("there is no merchant"))?;
    let tenant = merchants::tenant(world.app(), &merchant.merchant.email, merchant.user_id).await?;
    let mut tx = world.app().store.tenant_read_only(&tenant).await.map_err(Error::store(DOING))?;
    let latest = store::snapshots::latest(&mut tx, merchant.account).await.map_err(Error::store(DOING))?;
    let account =
        store::linked_accounts::load(&mut tx, merchant.account).await.map_err(Error::store(DOING))?;
    tx.commit().await.map_err(Error::store(DOING))?;
    let pinned = latest.ok_or_else(|| failed("nothing is pinned"))?;
    let shop = account.and_then(|account| account.shop).ok_or_else(|| failed("the shop is not known"))?;
    let snapshot =
        Cache::shared().get(merchant.user_id, pinned.digest).ok_or_else(|| failed("it is not in memory"))?;
    let now = world.app().clock.now();
    let context = planner::Context {
        now,
        tz: &shop.iana_timezone,
        currency: shop.currency,
        covers: snapshot.covers(),
        shop_name: &shop.name,
    };
    let Outcome::Plan(plan) = planner::plan(question, &context, AgentTaskId::new) else {
        return Err(failed("the question was refused"));
    };
    let before = processes::cpu_of_this_thread();
    for _ in 0..ROUNDS {
        let tables: Result<Vec<_>, _> =
            queries(&plan).map(|query| kernel::execute(&snapshot, query)).collect();
        let tables = tables.map_err(|error| failed(&error.to_string()))?;
        let input = Input {
            plan: &plan,
            tables: &tables,
            shop: &shop,
            snapshot: pinned.digest,
            snapshot_at: now,
            caveats: Vec::new(),
            now,
        };
        let answer = renderer::render(&input).map_err(|error| failed(&error.to_string()))?;
        black_box(serde_json::to_vec(&answer).map_err(|error| failed(&error.to_string()))?);
        black_box(serde_json::to_vec(&tables).map_err(|error| failed(&error.to_string()))?);
    }
    Ok(processes::cpu_of_this_thread().saturating_sub(before) / ROUNDS)
}

fn queries(plan: &Plan) -> impl Iterator<Item = &metrics::query::MetricQuery> {
    plan.steps.iter().flat_map(|step| match &step.work {
        Work::RefreshMirror => &[][..],
        Work::QueryMetrics { queries } => queries.as_slice(),
    })
}
