//! `#[derive(Model)]`: one struct is the schema, the codec and the documentation of an object.
//!
//! ```ignore
//! /// What it is, in markdown.
//! #[derive(Clone, Debug, PartialEq, Model)]
//! struct Bucket {
//!     /// The name of the bucket.
//!     #[attr(required)]
//!     name: Attr<String>,
//!     /// Where to reach it.
//!     #[attr(computed)]
//!     url: Attr<String>,
//! }
//! ```

mod field;
mod text;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Result, parse_macro_input};

use field::Field;

/// Derives `tfplugin::Model` for a struct whose fields are `Attr<T>`.
///
/// Each field says who sets it: `#[attr(required)]`, `#[attr(optional)]`, `#[attr(computed)]` or
/// `#[attr(optional, computed)]`; further `sensitive`, `write_only`, `deprecated = "what to do instead"`
/// and `name = "other"`. Doc comments become descriptions.
#[proc_macro_derive(Model, attributes(attr))]
pub fn derive_model(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    model(&input).unwrap_or_else(Error::into_compile_error).into()
}

fn model(input: &DeriveInput) -> Result<TokenStream> {
    let fields = fields(input)?;
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let description = text::documentation(&input.attrs);
    let schema = fields.iter().map(Field::schema);
    let decode = fields.iter().map(Field::decode);
    let encode = fields.iter().map(Field::encode);
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::tfplugin::Model for #name #arguments #bounds {
            fn schema_attributes() -> ::std::vec::Vec<::tfplugin::Attribute> {
                ::std::vec![#(#schema),*]
            }

            fn decode_object(
                object: &::std::collections::BTreeMap<::std::string::String, ::tfplugin::Value>,
                path: &::tfplugin::Path,
            ) -> ::std::result::Result<Self, ::tfplugin::Diagnostic> {
                ::std::result::Result::Ok(Self { #(#decode),* })
            }

            fn encode_object(
                &self,
            ) -> ::std::collections::BTreeMap<::std::string::String, ::tfplugin::Value> {
                ::std::collections::BTreeMap::from([#(#encode),*])
            }

            fn description() -> &'static str {
                #description
            }
        }
    })
}

/// All faults of a struct are reported at once.
fn fields(input: &DeriveInput) -> Result<Vec<Field>> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(Span::call_site(), "only a struct can be a model"));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new(Span::call_site(), "a model needs fields with names"));
    };
    let mut fields = Vec::new();
    let mut faults: Option<Error> = None;
    for field in &named.named {
        match Field::parse(field) {
            Ok(field) => fields.push(field),
            Err(error) => match &mut faults {
                Some(faults) => faults.combine(error),
                None => faults = Some(error),
            },
        }
    }
    match faults {
        Some(faults) => Err(faults),
        None => Ok(fields),
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn fault(input: DeriveInput) -> String {
        model(&input).unwrap_err().to_string()
    }

    #[test]
    fn every_field_says_who_sets_it() {
        let message = fault(parse_quote!(
            struct M {
                a: Attr<String>,
            }
        ));
        assert!(message.contains("who sets"), "{message}");
    }

    #[test]
    fn usages_that_exclude_each_other_are_refused() {
        let message = fault(parse_quote!(
            struct M {
                #[attr(required, optional)]
                a: Attr<String>,
            }
        ));
        assert!(message.contains("required excludes"), "{message}");
        let message = fault(parse_quote!(
            struct M {
                #[attr(computed, write_only)]
                a: Attr<String>,
            }
        ));
        assert!(message.contains("write_only excludes"), "{message}");
    }

    #[test]
    fn fields_are_attrs() {
        let message = fault(parse_quote!(
            struct M {
                #[attr(required)]
                a: String,
            }
        ));
        assert!(message.contains("Attr<"), "{message}");
    }

    #[test]
    fn unknown_options_are_named() {
        let message = fault(parse_quote!(
            struct M {
                #[attr(needed)]
                a: Attr<String>,
            }
        ));
        assert!(message.contains("unknown option"), "{message}");
    }

    #[test]
    fn only_structs_with_named_fields_are_models() {
        assert!(
            fault(parse_quote!(
                enum M {
                    A,
                }
            ))
            .contains("struct")
        );
        assert!(
            fault(parse_quote!(
                struct M(Attr<String>);
            ))
            .contains("names")
        );
    }
}
