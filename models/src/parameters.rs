//! A module's parameters by name.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Tensor, TensorData, backend::Backend};

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

/// The names and values of a module's parameters, read from its device.
pub fn read<B: Backend>(module: &impl Module<B>) -> Vec<(String, TensorData)> {
    let mut reader = Reader::default();
    module.visit(&mut reader);
    reader.parameters
}

/// The module with the values that `value` gives by name, as floats of type `dtype`, in place of
/// its own.
pub fn replace<B: Backend, M: Module<B>>(
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
    parameters: Vec<(String, TensorData)>,
}

impl<B: Backend> ModuleVisitor<B> for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        self.parameters
            .push((self.path.name(), param.val().into_data()));
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

impl<B: Backend, F: FnMut(&str) -> Option<TensorData>> ModuleMapper<B> for Writer<F> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
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
