//! Owns `table!`: one definition makes a struct of the language, its decoding and
//! what the reference says about it. It never knows a key itself.

/// Defines a table of the language.
///
/// ```text
/// table! {
///     /// One SA of a node.
///     pub(crate) struct StateSpec in "nodes.NAME.states" {
///         /// Source address.
///         "src" => src: IpAddr, required, example "\"3.0.0.1\"";
///         /// MTU in bytes.
///         "mtu" => mtu: Mtu, default "1500", example "1400", limit "68 to 65535";
///     }
/// }
/// ```
///
/// Every field is an `Option`: absent, or wrong and already reported. A required key that is
/// missing is reported where the table is decoded, so nothing that reads the struct has to.
/// `include state: StateSpec;` in front takes in the keys of another table.
macro_rules! table {
    (
        $(#[doc = $doc:literal])+
        pub(crate) struct $name:ident in $place:literal {
            $(include $included:ident: $included_type:ty;)?
            $(
                $(#[doc = $field_doc:literal])+
                $key:literal => $field:ident: $type:ty,
                $presence:ident $($default:literal)?, example $example:literal
                $(, limit $limit:literal)?;
            )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Default, PartialEq)]
        pub(crate) struct $name {
            /// The whole table.
            pub(crate) span: $crate::spec::source::Span,
            $(pub(crate) $included: $included_type,)?
            $(
                $(#[doc = $field_doc])+
                pub(crate) $field: Option<$crate::spec::source::Spanned<$type>>,
            )*
        }

        impl $name {
            const FIELDS: &'static [$crate::spec::meta::Field] = &[$(
                $crate::spec::meta::Field {
                    key: $key,
                    doc: &[$($field_doc),+],
                    kind: <$type as $crate::spec::decode::FromToml>::KIND,
                    required: $crate::spec::table::table!(@required $presence),
                    default: concat!("", $($default)?),
                    constraint: concat!("", $($limit)?),
                    example: $example,
                },
            )*];
        }

        impl $crate::spec::decode::FromTable for $name {
            const META: &'static $crate::spec::meta::TableMeta = &$crate::spec::meta::TableMeta {
                place: $place,
                doc: &[$($doc),+],
                fields: Self::FIELDS,
                includes: &[$(<$included_type as $crate::spec::decode::FromTable>::META)?],
            };

            fn from_table(
                table: &$crate::spec::value::Table,
                owner: $crate::spec::source::Span,
                cx: &mut $crate::spec::decode::Decoder<'_>,
            ) -> Self {
                let mut fields = Self::FIELDS.iter();
                let mut next = || fields.next().expect("one field per key of the definition");
                Self {
                    span: owner,
                    $($included: <$included_type>::from_table(table, owner, cx),)?
                    $($field: cx.field(table, owner, next()),)*
                }
            }

            fn overlay(&mut self, other: Self) {
                $(self.$included.overlay(other.$included);)?
                $(if other.$field.is_some() { self.$field = other.$field; })*
            }
        }

        impl $crate::spec::decode::FromToml for $name {
            const KIND: $crate::spec::meta::Kind =
                $crate::spec::meta::Kind::Table(<Self as $crate::spec::decode::FromTable>::META);

            fn from_toml(
                value: &$crate::spec::value::Value,
                cx: &mut $crate::spec::decode::Decoder<'_>,
            ) -> Option<Self> {
                use $crate::spec::decode::FromTable;
                let table = cx.table(value, Self::META)?;
                Some(Self::from_table(table, value.span, cx))
            }
        }
    };
    (@required required) => { true };
    (@required default) => { false };
    (@required optional) => { false };
}

pub(crate) use table;
