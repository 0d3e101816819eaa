//! The command as a client of a service, embedded or in the cloud, by the public API alone.
//!
//! In reading order: [`arguments`] says what is typed, `connection` sends requests, `error` says
//! why they fail and `retry` which are sent again; then one file for each command. An upload is
//! `upload` for the files and `uploaded` for what is printed of them, `recording` for its course, `session` for the protocol, and
//! `pending` for what outlives the command.

mod address;
mod arguments;
mod connection;
mod error;
mod export;
mod get;
mod list;
mod pages;
mod pending;
mod products;
mod recording;
mod retry;
mod session;
mod shown;
mod upload;
mod uploaded;
mod wait;

use std::process::ExitCode;

use config::Environment;
use serde_json::json;

use self::{connection::Connection, error::ClientError};
use crate::{
    exit::{Exit, complain},
    print,
};

pub(crate) use arguments::ClientCommand;

/// Carries the command out.
pub(crate) async fn run(mut command: ClientCommand, environment: &Environment) -> ExitCode {
    let service = command.take_service();
    let json = service.json;
    let ended = match Connection::open(service, environment) {
        Ok(connection) => Box::pin(answer(&connection, command, environment, json)).await,
        Err(error) => Err(error),
    };
    let error = match ended {
        Ok(exit) => return exit.into(),
        // A reader such as `head` has read enough.
        Err(ClientError::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            return Exit::Done.into();
        }
        Err(error) => error,
    };
    complain(&error.message());
    if json {
        let _ = print::json(&json!({"error": error.json()}));
    }
    error.exit().into()
}

async fn answer(
    connection: &Connection,
    command: ClientCommand,
    environment: &Environment,
    json: bool,
) -> Result<Exit, ClientError> {
    match command {
        ClientCommand::Upload(upload) => upload::run(connection, upload, environment, json).await,
        ClientCommand::List(list) => list::interviews(connection, list, json).await,
        ClientCommand::Get(get) => get::run(connection, get, json).await,
        ClientCommand::Search(search) => list::search(connection, search, json).await,
        ClientCommand::Export(export) => export::run(connection, export, json).await,
    }
}
