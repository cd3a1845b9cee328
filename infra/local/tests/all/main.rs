//! The local world from outside: what it prints, how it comes up and goes, and a question's way through it.

mod commands;
mod printing;
mod setting;
mod worlds;
