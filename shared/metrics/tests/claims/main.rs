//! What the metrics promise, shown against a second, slower implementation, by hand, and under bad input.

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod building;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod periods;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod segments;

#[cfg(test)]
mod stores;
