%%% cssl_configs - configs of the library that are used again, with the sessions that they keep: a
%%% client resumes only what a config of its own remembers. They are found by all that makes one
%%% differ from another, the user's funs included: a session is never resumed under other checks
%%% than those it was made under. When the files of one have changed it is renewed. The number is
%%% bounded; what has not been used for longest goes. The process owns the table and makes room;
%%% configs are made by whoever needs them.
-module(cssl_configs).
-behaviour(gen_server).

-export([get/2, clear/0, start_link/0, init/1, handle_call/3, handle_cast/2]).

-define(MOST, 128).
-define(CHECK_MS, 120000).
-define(FILES, [certfile, keyfile, cacertfile, dhfile, crlfile]).
%% What is of one connection alone, and is added to a config that knows nothing of it.
-define(ONCE, [use_ticket, early_data]).

%% stamps tells the files' states at the time when they were read.
-record(entry, {key :: binary(), config :: reference(), stamps :: list() | stale,
                checked :: integer(), used :: integer()}).

-spec get(client | server, cssl_options:options()) -> {ok, reference()} | {error, term()}.
get(Role, #{config := All, funs := Funs} = Options) ->
    Kept = maps:remove(config, Options),
    Map = maps:without(?ONCE, All),
    case shared(Role, Map, key(Role, Map, maps:without(?ONCE, Funs))) of
        {ok, Config} ->
            case maps:with(?ONCE, All) of
                Once when map_size(Once) =:= 0 -> cssl_nif:share(Config, Kept);
                Once -> cssl_nif:derive(Config, Once, Kept)
            end;
        Error ->
            Error
    end.

%% clear() lets all files be read anew. Sessions stay.
-spec clear() -> ok.
clear() ->
    gen_server:call(?MODULE, clear, infinity).

key(Role, Map, Funs) ->
    crypto:hash(sha256, term_to_binary({Role, Map, Funs}, [deterministic])).

shared(Role, Map, Key) ->
    Now = erlang:monotonic_time(millisecond),
    case ets:lookup(?MODULE, Key) of
        [#entry{config = Config, stamps = Stamps, checked = Checked}]
          when Stamps =/= stale ->
            ets:update_element(?MODULE, Key, {#entry.used, Now}),
            case Now - Checked >= check_ms() andalso stamps(Map) of
                false -> {ok, Config};
                Stamps -> keep(Key, Config, Stamps, Now);
                Changed -> kept(Key, cssl_nif:renew(Config, Map, #{}), Changed, Now)
            end;
        [#entry{config = Config}] ->
            Stamps = stamps(Map),
            kept(Key, cssl_nif:renew(Config, Map, #{}), Stamps, Now);
        [] ->
            Stamps = stamps(Map),
            kept(Key, cssl_nif:config(Role, Map, #{}), Stamps, Now)
    end.

kept(Key, {ok, Config}, Stamps, Now) -> keep(Key, Config, Stamps, Now);
kept(_, Error, _, _) -> Error.

keep(Key, Config, Stamps, Now) ->
    gen_server:call(?MODULE, {keep, #entry{key = Key, config = Config, stamps = Stamps,
                                           checked = Now, used = Now}}, infinity),
    {ok, Config}.

%% As OTP's cache of PEM files has it.
check_ms() ->
    case application:get_env(ssl, bypass_pem_cache, false) of
        true -> 0;
        _ ->
            case application:get_env(ssl, ssl_pem_cache_clean, ?CHECK_MS) of
                Ms when is_integer(Ms), Ms >= 0 -> Ms;
                _ -> ?CHECK_MS
            end
    end.

%% When each file was written, and how long it is.
stamps(Map) ->
    Maps = [Map | maps:get(certs_keys, Map, [])],
    [stamp(maps:get(Name, M)) || M <- Maps, Name <- ?FILES, is_map_key(Name, M)].

stamp(File) ->
    case prim_file:read_file_info(File, [{time, posix}]) of
        {ok, Info} -> {element(2, Info), element(6, Info), element(12, Info)}; % size, mtime, inode
        {error, Why} -> Why
    end.

%%% The process

-spec start_link() -> {ok, pid()} | {error, term()}.
start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

-spec init([]) -> {ok, none}.
init([]) ->
    _ = ets:new(?MODULE, [named_table, public, {keypos, #entry.key}, {read_concurrency, true}]),
    {ok, none}.

-spec handle_call({keep, #entry{}} | clear, {pid(), term()}, none) -> {reply, ok, none}.
handle_call({keep, Entry}, _, State) ->
    ets:member(?MODULE, Entry#entry.key) orelse make_room(),
    ets:insert(?MODULE, Entry),
    {reply, ok, State};
handle_call(clear, _, State) ->
    _ = [ets:update_element(?MODULE, Key, {#entry.stamps, stale}) || Key <- keys()],
    {reply, ok, State}.

-spec handle_cast(term(), none) -> {noreply, none}.
handle_cast(_, State) ->
    {noreply, State}.

keys() ->
    ets:select(?MODULE, [{#entry{key = '$1', _ = '_'}, [], ['$1']}]).

%% An eighth goes at once, so that there is room for a while.
make_room() ->
    case ets:info(?MODULE, size) >= ?MOST of
        true ->
            Uses = ets:select(?MODULE, [{#entry{key = '$1', used = '$2', _ = '_'}, [],
                                         [{{'$2', '$1'}}]}]),
            {Oldest, _} = lists:split(?MOST div 8, lists:sort(Uses)),
            _ = [ets:delete(?MODULE, Key) || {_, Key} <- Oldest],
            ok;
        false ->
            ok
    end.
