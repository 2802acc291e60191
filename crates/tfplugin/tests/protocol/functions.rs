//! Functions of the lab, and what Terraform asks of them.

use std::{collections::BTreeMap, sync::Barrier};

use fastrand::Rng;
use tfplugin::{
    Attr, Function, FunctionError, Parameter, Type, Value,
    function::{argument, known, rest},
    testing::Rpc,
};

use crate::{
    everything::{rpc, unconfigured},
    random, spawn,
};

pub fn functions() -> Vec<Box<dyn Function>> {
    let echoes = types().into_iter().map(|(name, ty)| Box::new(Echo { name, ty }) as Box<dyn Function>);
    echoes.chain([Box::new(Repeat) as Box<dyn Function>, Box::new(Odd), Box::new(Meeting(Barrier::new(2)))]).collect()
}

/// A type of every kind, and some inside others.
fn types() -> Vec<(&'static str, Type)> {
    let object = || Type::Object([("a".to_owned(), Type::Number), ("b".to_owned(), Type::Bool)].into());
    let list = |of: Type| Type::List(Box::new(of));
    vec![
        ("echo_bool", Type::Bool),
        ("echo_number", Type::Number),
        ("echo_string", Type::String),
        ("echo_dynamic", Type::Dynamic),
        ("echo_list", list(Type::String)),
        ("echo_set", Type::Set(Box::new(Type::Number))),
        ("echo_map", Type::Map(Box::new(Type::String))),
        ("echo_object", object()),
        ("echo_tuple", Type::Tuple(vec![Type::String, Type::Dynamic, object()])),
        ("echo_deep", Type::Map(Box::new(list(Type::Set(Box::new(object())))))),
        ("echo_open", list(Type::Dynamic)),
    ]
}

/// Gives back whatever it is given.
struct Echo {
    name: &'static str,
    ty: Type,
}

impl Function for Echo {
    fn name(&self) -> &'static str {
        self.name
    }

    fn summary(&self) -> &'static str {
        "The same."
    }

    fn description(&self) -> &'static str {
        "Gives back whatever it is given."
    }

    fn parameters(&self) -> Vec<Parameter> {
        let value = Parameter::new("value", self.ty.clone(), "What comes back.");
        vec![Parameter { allow_null: true, allow_unknown: true, ..value }]
    }

    fn returns(&self) -> Type {
        self.ty.clone()
    }

    fn call(&self, mut arguments: Vec<Value>) -> Result<Value, FunctionError> {
        Ok(arguments.remove(0))
    }
}

/// Takes null in one place, and any number of words.
struct Repeat;

impl Function for Repeat {
    fn name(&self) -> &'static str {
        "repeat"
    }

    fn summary(&self) -> &'static str {
        "Words, again and again."
    }

    fn description(&self) -> &'static str {
        "Repeats each word, *once* if the number is null."
    }

    fn parameters(&self) -> Vec<Parameter> {
        let times = Parameter::of::<i64>("times", "How often.");
        vec![Parameter { allow_null: true, ..times }, Parameter::of::<String>("after", "What follows each.")]
    }

    fn variadic(&self) -> Option<Parameter> {
        Some(Parameter::of::<String>("words", "What is repeated."))
    }

    fn returns(&self) -> Type {
        Type::of::<Vec<Attr<String>>>()
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let times: Attr<i64> = argument(&arguments, 0)?;
        let times = usize::try_from(times.known_or(1)).map_err(|_| FunctionError::new("too few times").at(0))?;
        let (after, words): (String, Vec<String>) = (known(&arguments, 1)?, rest(&arguments, 2)?);
        Ok(Value::List(words.iter().map(|word| Value::from(format!("{word}{after}").repeat(times))).collect()))
    }
}

/// Breaks every rule that there is.
struct Odd;

impl Function for Odd {
    fn name(&self) -> &'static str {
        "odd"
    }

    fn summary(&self) -> &'static str {
        "Nothing good."
    }

    fn description(&self) -> &'static str {
        "Breaks the rule that is named."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new("how", Type::Dynamic, "Which rule.")]
    }

    fn returns(&self) -> Type {
        Type::Number
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let Some(Value::Dynamic(_, how)) = arguments.into_iter().next() else { panic!("nobody said how") };
        match *how {
            Value::Bool(true) => Ok(Value::Unknown),
            Value::Bool(false) => Ok(Value::from("text")),
            Value::String(_) => Err(FunctionError::new("the fault of nobody").at(7)),
            Value::Number(_) => Ok(Value::Null),
            _ => panic!("a mess, as asked for"),
        }
    }
}

/// Returns when it is called twice at once.
struct Meeting(Barrier);

impl Function for Meeting {
    fn name(&self) -> &'static str {
        "meeting"
    }

    fn summary(&self) -> &'static str {
        "True."
    }

    fn description(&self) -> &'static str {
        "Waits for somebody else."
    }

    fn parameters(&self) -> Vec<Parameter> {
        Vec::new()
    }

    fn returns(&self) -> Type {
        Type::Bool
    }

    fn call(&self, _: Vec<Value>) -> Result<Value, FunctionError> {
        self.0.wait();
        Ok(true.into())
    }
}

fn dynamic(ty: Type, value: Value) -> Value {
    Value::Dynamic(Box::new(ty), Box::new(value))
}

async fn call(rpc: &Rpc, name: &str, arguments: &[Value]) -> Result<Value, FunctionError> {
    rpc.call_function(name, arguments).await.unwrap()
}

async fn error(rpc: &Rpc, name: &str, arguments: &[Value]) -> (String, Option<usize>) {
    let error = call(rpc, name, arguments).await.unwrap_err();
    (error.text, error.argument)
}

fn texts(texts: &[&str]) -> Value {
    Value::List(texts.iter().map(|text| Value::from(*text)).collect())
}

#[tokio::test]
async fn terraform_opentofu_and_hosts_in_between_are_told_the_same() {
    let rpc = rpc().await;
    let schemas = rpc.schemas();
    let repeat = &schemas.functions["repeat"];
    assert_eq!(repeat.summary, "Words, again and again.");
    assert_eq!(repeat.description, "Repeats each word, *once* if the number is null.");
    let times = Parameter { allow_null: true, ..Parameter::new("times", Type::Number, "How often.") };
    assert_eq!(repeat.parameters, [times, Parameter::new("after", Type::String, "What follows each.")]);
    assert_eq!(repeat.variadic, Some(Parameter::new("words", Type::String, "What is repeated.")));
    assert_eq!(repeat.returns, Type::List(Box::new(Type::String)));
    assert!(schemas.functions["echo_bool"].parameters[0].allow_unknown);

    assert_eq!(rpc.functions().await.unwrap(), schemas.functions);
    let names = rpc.names().await.unwrap();
    assert!(names.functions.iter().eq(schemas.functions.keys()));
    assert!(names.data_sources.iter().eq(schemas.data_sources.keys()));
    assert!(names.resources.iter().eq(schemas.resources.keys()));
    assert_eq!(names.lists, schemas.lists);
}

#[tokio::test]
async fn a_function_is_called_before_the_provider_is_configured() {
    let rpc = unconfigured().await;
    let arguments = [Value::from(2), "-".into(), "a".into(), "b".into()];
    assert_eq!(call(&rpc, "repeat", &arguments).await, Ok(texts(&["a-a-", "b-b-"])));
    let client = spawn().await;
    assert_eq!(call(&client, "shout", &["a".into(), "b".into()]).await, Ok("A B!".into()));
}

#[tokio::test]
async fn a_variadic_parameter_takes_none_one_or_many() {
    let rpc = rpc().await;
    let fixed = [Value::from(1), "".into()];
    assert_eq!(call(&rpc, "repeat", &fixed).await, Ok(texts(&[])));
    for count in [1, 2, 50] {
        let words = vec!["x"; count];
        let arguments = [fixed.as_slice(), &vec![Value::from("x"); count]].concat();
        assert_eq!(call(&rpc, "repeat", &arguments).await, Ok(texts(&words)));
    }
}

#[tokio::test]
async fn a_null_reaches_only_those_who_want_it() {
    let rpc = rpc().await;
    let arguments = [Value::Null, "".into(), "a".into()];
    assert_eq!(call(&rpc, "repeat", &arguments).await, Ok(texts(&["a"])));
    let null = "argument must not be null".to_owned();
    assert_eq!(error(&rpc, "repeat", &[Value::Null, Value::Null]).await, (null.clone(), Some(1)));
    assert_eq!(error(&rpc, "repeat", &[1.into(), "".into(), "a".into(), Value::Null]).await, (null.clone(), Some(3)));
    assert_eq!(error(&rpc, "odd", &[dynamic(Type::Bool, Value::Null)]).await, (null, Some(0)));
    let known = "argument must be known".to_owned();
    assert_eq!(error(&rpc, "repeat", &[1.into(), Value::Unknown]).await, (known, Some(1)));
}

#[tokio::test]
async fn an_error_points_at_the_argument_that_is_wrong() {
    let rpc = rpc().await;
    assert_eq!(error(&rpc, "repeat", &[(-1).into(), "".into()]).await, ("too few times".to_owned(), Some(0)));
    let (text, at) = error(&rpc, "repeat", &[Value::Number("1.5".parse().unwrap()), "".into()]).await;
    assert!(text.starts_with("the value must be a whole number") && at == Some(0), "{text}");
    let (text, at) = error(&rpc, "repeat", &[1.into()]).await;
    assert_eq!((text.as_str(), at), ("too few arguments: 1 instead of 2", None));
    let (text, at) = error(&rpc, "odd", &[dynamic(Type::Bool, true.into()), Value::Null]).await;
    assert_eq!((text.as_str(), at), ("too many arguments: 2 instead of 1", None));
    assert_eq!(rpc.call_function("nothing", &[]).await, Err("the provider has no function nothing".to_owned()));
}

#[tokio::test]
async fn what_a_function_does_wrong_is_an_error_of_that_call() {
    let rpc = rpc().await;
    let odd = async |ty: Type, value: Value| error(&rpc, "odd", &[dynamic(ty, value)]).await;
    let (text, at) = odd(Type::Bool, true.into()).await;
    assert!(text.contains("the result is not") && at.is_none(), "{text}");
    let (text, _) = odd(Type::Bool, false.into()).await;
    assert!(text.contains("expected a number, found a string"), "{text}");
    assert_eq!(odd(Type::String, "".into()).await, ("the fault of nobody".to_owned(), None));
    let (text, _) = odd(Type::List(Box::new(Type::Bool)), Value::List(Vec::new())).await;
    assert!(text.starts_with("The provider panicked: ") && text.contains("a mess, as asked for"), "{text}");
    assert_eq!(call(&rpc, "odd", &[dynamic(Type::Number, 1.into())]).await, Ok(Value::Null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn functions_are_called_at_once() {
    let rpc = rpc().await;
    let pair = || async { tokio::join!(call(&rpc, "meeting", &[]), call(&rpc, "meeting", &[])) };
    assert_eq!(pair().await, (Ok(true.into()), Ok(true.into())));
}

#[tokio::test]
async fn every_type_of_value_goes_through_a_function_unchanged() {
    let rpc = rpc().await;
    let mut rng = Rng::with_seed(6);
    let mut seen = BTreeMap::<&str, usize>::new();
    for (name, ty) in types() {
        for round in 0..200 {
            let value = match round {
                0 => Value::Null,
                1 => Value::Unknown,
                _ => random::plain(&ty, &mut rng),
            };
            assert_eq!(call(&rpc, name, std::slice::from_ref(&value)).await, Ok(value), "{name}");
            *seen.entry(name).or_default() += 1;
        }
    }
    assert_eq!((seen.len(), seen.values().sum()), (types().len(), types().len() * 200));
}
