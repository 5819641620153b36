%%% cssl_dist_options - TLS options of the distribution, from the emulator's flags:
%%% -ssl_dist_optfile File, a file with [{server, Options}, {client, Options}], or -ssl_dist_opt
%%% with pairs such as server_certfile File. They are read once, when the node has no file server.
-module(cssl_dist_options).

-export([server/0, client/1, read/1, pairs/1]).

-define(KEY, {?MODULE, options}).
%% OTP over ssl has frames of four bytes of length from the first. Names and challenges are short.
-define(FORCED, [{active, false}, {mode, binary}, {packet, 4}, {packet_size, 65536}, {header, 0}]).

%% The names that -ssl_dist_opt knows, behind server_ or client_, and what their values are.
-define(NAMES, #{"certfile" => string, "cacertfile" => string, "keyfile" => string,
                 "password" => string, "dhfile" => string, "ciphers" => string,
                 "verify" => atom, "crl_check" => atom, "reuse_sessions" => atom,
                 "secure_renegotiate" => atom, "fail_if_no_peer_cert" => atom,
                 "depth" => integer, "hibernate_after" => integer,
                 "verify_fun" => term, "crl_cache" => term}).

%% server() is what a node listens with.
-spec server() -> {ok, list()} | {error, term()}.
server() ->
    case options(server) of
        {ok, Options} ->
            Ip = case application:get_env(kernel, inet_dist_use_interface) of
                     {ok, Address} -> [{ip, Address}];
                     _ -> []
                 end,
            {ok, configured(inet_dist_listen_options) ++ Options ++ Ip
             ++ [{reuseaddr, true}, {backlog, 128}, nodelay() | ?FORCED]};
        Error ->
            Error
    end.

%% client(Host) is what it connects with; the peer's certificate has to be Host's.
-spec client(string()) -> {ok, list()} | {error, term()}.
client(Host) ->
    case options(client) of
        {ok, Options} ->
            {ok, configured(inet_dist_connect_options) ++ named(Host, Options) ++ Options
             ++ [nodelay() | ?FORCED]};
        Error ->
            Error
    end.

configured(Name) ->
    case application:get_env(kernel, Name) of
        {ok, Options} when is_list(Options) -> Options;
        _ -> []
    end.

named(Host, Options) ->
    case lists:keymember(server_name_indication, 1, Options)
        orelse element(1, inet:parse_address(Host)) =:= ok of
        true -> [];
        false -> [{server_name_indication, Host}]
    end.

nodelay() ->
    {nodelay, application:get_env(kernel, dist_nodelay, true) =/= false}.

options(Role) ->
    case all() of
        {ok, All} -> {ok, drop_forced(proplists:get_value(Role, All, []))};
        Error -> Error
    end.

drop_forced(Options) ->
    [Option || Option <- Options,
               not (is_tuple(Option) andalso lists:keymember(element(1, Option), 1, ?FORCED))].

all() ->
    case persistent_term:get(?KEY, undefined) of
        undefined ->
            case from_flags() of
                {ok, All} -> persistent_term:put(?KEY, All), {ok, All};
                Error -> Error
            end;
        All ->
            {ok, All}
    end.

from_flags() ->
    case {init:get_argument(ssl_dist_optfile), init:get_argument(ssl_dist_opt)} of
        {{ok, [[File]]}, _} -> read(File);
        {{ok, Other}, _} -> {error, {ssl_dist_optfile, Other}};
        {error, {ok, Lists}} -> pairs(lists:append(Lists));
        {error, error} -> {ok, []}
    end.

%% read(File) is its term, with each fun given as {Module, Function, State} made one.
-spec read(string()) -> {ok, list()} | {error, term()}.
read(File) ->
    case erl_prim_loader:get_file(File) of
        {ok, Bytes, _} -> parse(File, Bytes);
        error -> {error, {ssl_dist_optfile, File, enoent}}
    end.

parse(File, Bytes) ->
    case erl_scan:string(unicode:characters_to_list(Bytes)) of
        {ok, Tokens, _} ->
            case erl_parse:parse_term(Tokens) of
                {ok, All} -> sides(File, All);
                {error, {Line, Module, Why}} ->
                    {error, {ssl_dist_optfile, File, Line, Module:format_error(Why)}}
            end;
        {error, {Line, Module, Why}, _} ->
            {error, {ssl_dist_optfile, File, Line, Module:format_error(Why)}}
    end.

sides(File, All) ->
    try
        {ok, [side(Part) || Part <- All]}
    catch
        _:_ -> {error, {ssl_dist_optfile, File, not_a_list_of_server_and_client}}
    end.

side({Side, Options}) when Side =:= server; Side =:= client ->
    {Side, [option(Option) || Option <- Options]}.

option({verify_fun, {Module, Function, State}}) when is_atom(Module), is_atom(Function) ->
    {verify_fun, {fun_of(Module, Function), State}};
option({Name, {Module, Function}})
  when is_atom(Module), is_atom(Function), (Name =:= partial_chain orelse Name =:= sni_fun) ->
    {Name, fun Module:Function/1};
option(Option) ->
    Option.

%% A verify_fun takes the certificate's DER too when it is exported with four arguments.
fun_of(Module, Function) ->
    _ = code:ensure_loaded(Module),
    case erlang:function_exported(Module, Function, 4) of
        true -> fun Module:Function/4;
        false -> fun Module:Function/3
    end.

%% pairs(["server_certfile", File, ...]) are -ssl_dist_opt's.
-spec pairs([string()]) -> {ok, list()} | {error, term()}.
pairs(Words) ->
    pairs(Words, [], []).

pairs([], Server, Client) ->
    {ok, [{server, lists:reverse(Server)}, {client, lists:reverse(Client)}]};
pairs(["server_" ++ Name, Value | Rest], Server, Client) when is_map_key(Name, ?NAMES) ->
    pairs(Rest, [pair(Name, Value) | Server], Client);
pairs(["client_" ++ Name, Value | Rest], Server, Client) when is_map_key(Name, ?NAMES) ->
    pairs(Rest, Server, [pair(Name, Value) | Client]);
pairs([Word | _], _, _) ->
    {error, {ssl_dist_opt, Word}}.

pair(Name, Value) ->
    option({list_to_atom(Name), value(maps:get(Name, ?NAMES), Value)}).

value(string, Value) -> Value;
value(atom, Value) -> list_to_atom(Value);
value(integer, Value) -> list_to_integer(Value);
value(term, Value) ->
    {ok, Tokens, _} = erl_scan:string(Value ++ "."),
    {ok, Term} = erl_parse:parse_term(Tokens),
    Term.
