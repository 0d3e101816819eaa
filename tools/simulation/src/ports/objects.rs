//! Cloud Storage.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    Timestamp,
    event::{Event, StoredObject},
    ports::{
        ByteStream, ObjectError, ObjectMeta, ObjectStore, Overwrite, Resumable, SignedUpload,
        UploadGrant, read_all,
    },
};
use futures::{StreamExt as _, stream};

use super::Failed;
use crate::{
    gate::{Call, Port},
    world::{Object, World, short},
};

/// One bucket, by its role.
pub(crate) struct Bucket {
    pub(crate) world: World,
    pub(crate) role: &'static str,
}

fn failed() -> ObjectError {
    ObjectError::Unavailable(Failed.into())
}

/// Stores an object, and tells the functions that listen.
pub(crate) fn store_object(
    world: &World,
    role: &'static str,
    name: &str,
    (bytes, content_type): (Bytes, &str),
    overwrite: Overwrite,
) -> Result<ObjectMeta, ObjectError> {
    let exists = world.state().objects.contains_key(&(role, name.to_owned()));
    if exists && overwrite == Overwrite::Refused {
        return Err(ObjectError::Exists {
            name: name.to_owned(),
        });
    }
    let object = Object {
        generation: world.next_version(),
        content_type: content_type.to_owned(),
        bytes,
    };
    let meta = meta(name, &object);
    {
        let mut state = world.state();
        if state.is_late {
            state.late_objects.insert(name.to_owned());
        }
        state.objects.insert((role, name.to_owned()), object);
    }
    world.emit(&Event::ObjectFinalized(StoredObject {
        bucket: role.to_owned(),
        name: meta.name.clone(),
        generation: meta.generation,
        size: meta.size,
        content_type: meta.content_type.clone(),
    }));
    Ok(meta)
}

fn meta(name: &str, object: &Object) -> ObjectMeta {
    ObjectMeta {
        name: name.to_owned(),
        generation: object.generation,
        size: object.bytes.len() as u64,
        content_type: object.content_type.clone(),
    }
}

impl Bucket {
    fn find(&self, name: &str) -> Option<Object> {
        let key = (self.role, name.to_owned());
        self.world.state().objects.get(&key).cloned()
    }

    fn call(&self, what: &str, name: &str) -> Call {
        let what = format!("{what} {} {}", self.role, short(name));
        Call::new(Port::Objects, what)
    }
}

#[async_trait]
impl ObjectStore for Bucket {
    async fn write(
        &self,
        name: &str,
        content_type: &str,
        body: ByteStream,
        overwrite: Overwrite,
    ) -> Result<ObjectMeta, ObjectError> {
        let bytes: Bytes = read_all(body)
            .await
            .map_err(ObjectError::Interrupted)?
            .into();
        let call = self.call("write", name);
        let (role, name, content_type) = (self.role, name.to_owned(), content_type.to_owned());
        let write = move |world: &World| {
            store_object(world, role, &name, (bytes, &content_type), overwrite)
        };
        self.world.change(call, write, failed, || None).await
    }

    async fn stat(&self, name: &str) -> Result<Option<ObjectMeta>, ObjectError> {
        let look = |_: &World| Ok(self.find(name).map(|object| meta(name, &object)));
        self.world.read(self.call("stat", name), look, failed).await
    }

    async fn read(
        &self,
        name: &str,
        generation: Option<i64>,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectMeta, ByteStream), ObjectError> {
        let look = |_: &World| {
            let found = self.find(name);
            let wanted = |object: &Object| generation.is_none_or(|own| own == object.generation);
            let found = found.filter(wanted).ok_or_else(|| ObjectError::NotFound {
                name: name.to_owned(),
            })?;
            let size = found.bytes.len() as u64;
            let range = range.unwrap_or(0..size);
            if range.start > size || (range.start == size && !range.is_empty()) {
                let name = name.to_owned();
                return Err(ObjectError::OutOfRange { name, size });
            }
            let index = |at: u64| usize::try_from(at.min(size)).unwrap_or(usize::MAX);
            let part = found.bytes.slice(index(range.start)..index(range.end));
            Ok((meta(name, &found), stream::iter([Ok(part)]).boxed()))
        };
        self.world.read(self.call("read", name), look, failed).await
    }

    async fn delete(&self, name: &str) -> Result<(), ObjectError> {
        let (call, key) = (self.call("delete", name), (self.role, name.to_owned()));
        let delete = move |world: &World| {
            world.state().objects.remove(&key);
            Ok(())
        };
        self.world.change(call, delete, failed, || None).await
    }

    async fn delete_generation(&self, name: &str, generation: i64) -> Result<(), ObjectError> {
        let (call, key) = (self.call("delete", name), (self.role, name.to_owned()));
        let delete = move |world: &World| {
            let mut state = world.state();
            let found = state.objects.get(&key);
            if found.is_some_and(|own| own.generation == generation) {
                state.objects.remove(&key);
            }
            Ok(())
        };
        self.world.change(call, delete, failed, || None).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, ObjectError> {
        let look = |world: &World| {
            let state = world.state();
            let names = state.objects.keys().filter(|(role, _)| *role == self.role);
            let below = names.filter(|(_, name)| name.starts_with(prefix));
            Ok(below.map(|(_, name)| name.clone()).collect())
        };
        let call = self.call("list", prefix);
        self.world.read(call, look, failed).await
    }

    async fn sign_upload(&self, grant: &UploadGrant) -> Result<SignedUpload, ObjectError> {
        let url = format!("simulated://{}", grant.name);
        Ok(SignedUpload {
            url: url.clone(),
            headers: [("content-type".to_owned(), grant.content_type.clone())].into(),
            resumable: Resumable {
                url,
                headers: [].into(),
            },
            expires_at: grant.expires_at,
        })
    }

    async fn sign_read(&self, name: &str, _: Timestamp) -> Result<String, ObjectError> {
        Ok(format!("simulated://{name}"))
    }
}
