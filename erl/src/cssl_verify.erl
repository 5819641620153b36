%%% The fun that has a say about each certificate: the user's verify_fun of whatever arity, and a
%%% check of the host's name which the user has changed. In the terms of OTP's verify_fun, which is
%%% called with an event and a state, and answers {valid, State}, {unknown, State} or {fail, Why}.
-module(cssl_verify).

-export([verify_fun/3, default/3]).

-type event() :: {bad_cert, term()} | {extension, term()} | valid | valid_peer.
-type result() :: {valid | valid_peer | unknown, term()} | {fail, term()}.
-type fun3() :: fun((term(), event(), term()) -> result()).
-type fun4() :: fun((term(), binary(), event(), term()) -> result()).

-export_type([event/0, result/0]).

%% verify_fun(User, Changes, Host): User is what option verify_fun holds, Changes what
%% customize_hostname_check does. `undefined` when there is nothing to have a say.
-spec verify_fun(undefined | fun(([term()]) -> boolean()) | {fun3() | fun4(), term()}, list(),
                 none | {dns_id, string()} | {ip, inet:ip_address()}) ->
          undefined | {fun3() | fun4(), term()}.
verify_fun(User, undefined, _) ->
    user_fun(User);
verify_fun(User, [], _) ->
    user_fun(User);
verify_fun(User, _, none) ->
    user_fun(User);
verify_fun(User, Changes, Host) ->
    {Fun, State} = case user_fun(User) of
                       undefined -> {fun default/3, []};
                       Pair -> Pair
                   end,
    {fun(Cert, Der, {bad_cert, hostname_check_failed} = Event, St) ->
             case has_name(Cert, Host, Changes) of
                 true -> {valid, St};
                 false -> call(Fun, Cert, Der, Event, St)
             end;
        (Cert, Der, Event, St) ->
             call(Fun, Cert, Der, Event, St)
     end, State}.

%% What OTP does without a verify_fun.
-spec default(term(), event(), term()) -> result().
default(_, {bad_cert, _} = Fault, _) -> {fail, Fault};
default(_, {extension, _}, State) -> {unknown, State};
default(_, Event, State) when Event =:= valid; Event =:= valid_peer -> {valid, State}.

%% A fun of one argument, of old, gets a list of one fault, and accepts it by saying true.
user_fun(Fun) when is_function(Fun, 1) ->
    {fun(_, {bad_cert, _} = Fault, State) ->
             case Fun([Fault]) of
                 true -> {valid, State};
                 _ -> {fail, Fault}
             end;
        (Cert, Event, State) ->
             default(Cert, Event, State)
     end, []};
user_fun(User) ->
    User.

call(Fun, Cert, _, Event, State) when is_function(Fun, 3) -> Fun(Cert, Event, State);
call(Fun, Cert, Der, Event, State) -> Fun(Cert, Der, Event, State).

%% A fun of the user's that fails is no acceptance.
has_name(Cert, Host, Changes) ->
    try
        public_key:pkix_verify_hostname(Cert, [Host], Changes) =:= true
    catch
        _:_ -> false
    end.
