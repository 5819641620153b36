%%% What the modules that check options share: the state of a check, and how a fault is told. Knows
%%% no option.
%%%
%%% A state holds what was given (the last one of each name), which of it is new in this call - an
%%% option of an earlier one does not clash with a later one's versions - and what has been checked.
-module(cssl_opt).

-export([new/4, update/3, get/3, value/2, put/3, take/3, check/4, check_given/4, given/2, new/2]).
-export([bad/2, clash/1, other_side/2, for_side/3, needs_version/3, versions/1, role/1, host/1]).
-export([one_of/1, boolean/1, positive/1]).

-export_type([state/0, role/0]).

-type role() :: client | server.
-type state() :: #{role := role(), host := term(), given := #{atom() => term()},
                   new := #{atom() => term()}, user := #{atom() => term()}}.

-spec new(role(), term(), map(), map()) -> state().
new(Role, Host, Given, New) ->
    #{role => Role, host => Host, given => Given, new => New, user => #{}}.

-spec update(atom(), term(), state()) -> state().
update(Name, Value, #{given := Given} = St) ->
    St#{given := Given#{Name => Value}}.

-spec get(atom(), term(), state()) -> {given | default, term()}.
get(Name, Default, #{given := Given}) ->
    case Given of
        #{Name := Value} -> {given, Value};
        _ -> {default, Default}
    end.

-spec given(atom(), state()) -> boolean().
given(Name, #{given := Given}) ->
    is_map_key(Name, Given).

%% Whether Name was given in this very call.
-spec new(atom(), state()) -> boolean().
new(Name, #{new := New}) ->
    is_map_key(Name, New).

%% What has been checked already.
-spec value(atom(), state()) -> term().
value(Name, #{user := User}) ->
    maps:get(Name, User, undefined).

-spec put(atom(), term(), state()) -> state().
put(Name, Value, #{user := User} = St) ->
    St#{user := User#{Name => Value}}.

%% Stores the value, or the default, without a check.
-spec take(atom(), term(), state()) -> state().
take(Name, Default, St) ->
    {_, Value} = get(Name, Default, St),
    put(Name, Value, St).

%% Checks what was given, if anything was, and stores that or the default.
-spec check(atom(), term(), fun((term()) -> boolean()), state()) -> state().
check(Name, Default, Valid, St) ->
    case get(Name, Default, St) of
        {default, Default} ->
            put(Name, Default, St);
        {given, Value} ->
            Valid(Value) orelse bad(Name, Value),
            put(Name, Value, St)
    end.

%% The same, and a value that is not given, or is the default, leaves no trace.
-spec check_given(atom(), term(), fun((term()) -> boolean()), state()) -> state().
check_given(Name, Default, Valid, St) ->
    case get(Name, Default, St) of
        {default, _} ->
            St;
        {given, Value} ->
            Valid(Value) orelse bad(Name, Value),
            case Value of
                Default -> St;
                _ -> put(Name, Value, St)
            end
    end.

%%% Faults

-spec bad(term(), term()) -> no_return().
bad(Tag, Value) ->
    throw({error, {options, {Tag, Value}}}).

-spec clash([term()]) -> no_return().
clash(Options) ->
    throw({error, {options, incompatible, Options}}).

%% Option Name is of the other side: to give it a value is a fault.
-spec other_side(atom(), state()) -> state().
other_side(Name, #{role := Role} = St) ->
    case get(Name, undefined, St) of
        {_, undefined} -> St;
        _ when Role =:= client -> throw({error, {option, server_only, Name}});
        _ -> throw({error, {option, client_only, Name}})
    end.

%% Runs the check of an option of Side, or that it is not given to the other.
-spec for_side(role(), {atom(), fun((state()) -> state())}, state()) -> state().
for_side(Side, {_, Check}, #{role := Side} = St) ->
    Check(St);
for_side(_, {Name, _}, St) ->
    other_side(Name, St).

%% What is new in this call has to have a use in one of the versions.
-spec needs_version(atom(), [atom()], state()) -> state().
needs_version(Name, Needed, St) ->
    Versions = versions(St),
    case new(Name, St) andalso Versions -- Needed =:= Versions of
        true -> clash([Name, {versions, Versions}]);
        false -> St
    end.

-spec versions(state()) -> [atom()].
versions(St) ->
    value(versions, St).

-spec role(state()) -> role().
role(#{role := Role}) ->
    Role.

-spec host(state()) -> term().
host(#{host := Host}) ->
    Host.

%%% Kinds of values

-spec one_of([term()]) -> fun((term()) -> boolean()).
one_of(Values) ->
    fun(Value) -> lists:any(fun(V) -> V =:= Value end, Values) end.

-spec boolean(term()) -> boolean().
boolean(Value) ->
    is_boolean(Value).

-spec positive(term()) -> boolean().
positive(Value) ->
    is_integer(Value) andalso Value > 0.
