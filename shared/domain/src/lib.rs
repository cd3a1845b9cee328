//! Floor 0: the words of the house as types. Ids, money, statuses and their moves, departments, the clock, and the
//! facts of a store as the mirror keeps them. Uses nothing of ours.

pub mod actions;
pub mod clock;
pub mod department;
pub mod digest;
pub mod facts;
pub mod ids;
pub mod limits;
pub mod money;
pub mod refusal;
pub mod secret;
pub mod status;
