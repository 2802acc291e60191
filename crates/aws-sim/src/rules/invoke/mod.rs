//! What a caller of a private API sees.

pub mod balancing;
pub mod gateway_responses;
pub mod health;
pub mod integrations;
pub mod limits;
pub mod mappings;
pub mod names;
pub mod policies;
pub mod routes;
pub mod snapshot;
