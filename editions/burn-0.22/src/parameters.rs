// Made by scripts/edition.py from models/: not to be edited.

//! A module's parameters by name.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Tensor, TensorData};
use std::collections::BTreeMap;

/// The names of the modules that a visit is inside of.
#[derive(Debug, Clone, Default)]
pub struct ModulePath(Vec<String>);

impl ModulePath {
    /// For `enter_module` of a visitor.
    ///
    /// An enum (the sum of the architectures) is no level of its own: the names are those of the
    /// architecture itself, whether or not it was chosen by name.
    pub fn enter(&mut self, name: &str, container: &str) {
        if !container.starts_with("Enum:") {
            self.0.push(name.to_owned());
        }
    }

    /// For `exit_module` of a visitor.
    pub fn exit(&mut self, container: &str) {
        if !container.starts_with("Enum:") {
            self.0.pop();
        }
    }

    /// The parameter's name: `conv1.weight`, `hidden.0.bias`.
    pub fn name(&self) -> String {
        self.0.join(".")
    }
}

/// Tensors on the host by their parameters' names: `conv1.weight`.
pub type NamedTensors = BTreeMap<String, TensorData>;

/// A module's parameters, read from its device.
pub fn read(module: &impl Module) -> NamedTensors {
    let mut reader = Reader::default();
    module.visit(&mut reader);
    reader.parameters
}

/// Tensors that are not a module's, each in a few words: "conv1.weight is missing".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join(", "))]
pub struct Misfits(pub Vec<String>);

/// The module with these tensors, as 32-bit floats, in place of its own parameters.
///
/// # Errors
/// [`Misfits`]: the tensors that are missing, unexpected or of another shape.
pub fn fill<M: Module>(module: M, tensors: &NamedTensors) -> Result<M, Misfits> {
    let own = read(&module);
    let mut misfits = Vec::new();
    for (name, data) in &own {
        match tensors.get(name) {
            None => misfits.push(format!("{name} is missing")),
            Some(found) if found.shape() != data.shape() => {
                let [found, own] = [found, data].map(|data| data.shape().to_vec());
                misfits.push(format!("{name} has the shape {found:?} instead of {own:?}"));
            }
            Some(_) => {}
        }
    }
    let unexpected = tensors.keys().filter(|name| !own.contains_key(*name));
    misfits.extend(unexpected.map(|name| format!("{name} is unexpected")));
    match misfits.is_empty() {
        true => Ok(replace(module, DType::F32, |name| {
            tensors.get(name).cloned()
        })),
        false => Err(Misfits(misfits)),
    }
}

/// The module with the values that `value` gives by name, as floats of type `dtype`, in place of
/// its own.
pub fn replace<M: Module>(
    module: M,
    dtype: DType,
    value: impl FnMut(&str) -> Option<TensorData>,
) -> M {
    module.map(&mut Writer {
        path: ModulePath::default(),
        dtype,
        value,
    })
}

#[derive(Default)]
struct Reader {
    path: ModulePath,
    parameters: NamedTensors,
}

impl ModuleVisitor for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.parameters
            .insert(self.path.name(), param.val().into_data());
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
}

struct Writer<F> {
    path: ModulePath,
    dtype: DType,
    value: F,
}

impl<F: FnMut(&str) -> Option<TensorData>> ModuleMapper for Writer<F> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let data = (self.value)(&self.path.name());
        let dtype = self.dtype;
        param.map(|tensor| match data {
            Some(data) => Tensor::from_data(data, (&tensor.device(), dtype))
                .set_require_grad(tensor.is_require_grad()),
            None => tensor,
        })
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
}
