%%% The fun that has a say about certificates: the user's of each arity, the default, and a check of
%%% the host's name that the user has changed.
-module(cssl_verify_SUITE).

-include_lib("stdlib/include/assert.hrl").

-export([all/0]).
-export([user_funs/1, default/1, hostname/1, addresses/1, failing/1]).

all() ->
    [user_funs, default, hostname, addresses, failing].

user_funs(_) ->
    Three = fun(_, _, St) -> {valid, St} end,
    undefined = cssl_verify:verify_fun(undefined, [], {dns_id, "h"}),
    {Three, 1} = cssl_verify:verify_fun({Three, 1}, [], {dns_id, "h"}),
    {Three, 1} = cssl_verify:verify_fun({Three, 1}, [{match_fun, fun(_, _) -> true end}], none),
    {Old, []} = cssl_verify:verify_fun(fun([{bad_cert, What}]) -> What =:= fine end, [], none),
    {valid, s} = Old(c, {bad_cert, fine}, s),
    {fail, {bad_cert, wrong}} = Old(c, {bad_cert, wrong}, s),
    {unknown, s} = Old(c, {extension, e}, s),
    {valid, s} = Old(c, valid_peer, s).

default(_) ->
    {fail, {bad_cert, x}} = cssl_verify:default(c, {bad_cert, x}, s),
    {unknown, s} = cssl_verify:default(c, {extension, e}, s),
    [{valid, s} = cssl_verify:default(c, Event, s) || Event <- [valid, valid_peer]].

%% A match_fun that takes wildcards, which OTP's own check does not.
hostname(_) ->
    Cert = cert([{dNSName, "*.wild.test"}]),
    Https = [{match_fun, public_key:pkix_verify_hostname_match_fun(https)}],
    Asked = fun(Host) ->
                    {Fun, State} = cssl_verify:verify_fun(undefined, Https, {dns_id, Host}),
                    Fun(Cert, <<>>, {bad_cert, hostname_check_failed}, State)
            end,
    {valid, []} = Asked("a.wild.test"),
    {fail, {bad_cert, hostname_check_failed}} = Asked("a.b.wild.test"),
    {fail, {bad_cert, hostname_check_failed}} = Asked("other.test"),
    %% other events are the user's, and so is a name that does not fit
    Self = self(),
    User = fun(_, Der, Event, St) -> Self ! {Der, Event}, {valid, St + 1} end,
    {Fun, 7} = cssl_verify:verify_fun({User, 7}, Https, {dns_id, "other.test"}),
    {valid, 8} = Fun(Cert, <<1>>, {bad_cert, hostname_check_failed}, 7),
    {valid, 9} = Fun(Cert, <<1>>, valid_peer, 8),
    [{<<1>>, {bad_cert, hostname_check_failed}}, {<<1>>, valid_peer}] = messages(),
    {valid, 3} = Fun(cert([{dNSName, "other.test"}]), <<>>, {bad_cert, hostname_check_failed}, 3),
    [] = messages().

addresses(_) ->
    Cert = cert([{iPAddress, <<127, 0, 0, 1>>}]),
    Changes = [{fqdn_fun, fun(_) -> default end}],
    {Fun, S} = cssl_verify:verify_fun(undefined, Changes, {ip, {127, 0, 0, 1}}),
    {valid, S} = Fun(Cert, <<>>, {bad_cert, hostname_check_failed}, S),
    {Other, S} = cssl_verify:verify_fun(undefined, Changes, {ip, {127, 0, 0, 2}}),
    {fail, _} = Other(Cert, <<>>, {bad_cert, hostname_check_failed}, S),
    ok.

failing(_) ->
    [begin
         {Fun, S} = cssl_verify:verify_fun(undefined, Changes, {dns_id, "h.test"}),
         {fail, {bad_cert, hostname_check_failed}} =
             Fun(cert([{dNSName, "g.test"}]), <<>>, {bad_cert, hostname_check_failed}, S)
     end || Changes <- [[{match_fun, fun(_, _) -> exit(no) end}], [{match_fun, foo}], [foo],
                        [{fqdn_fun, fun(_) -> throw(no) end}]]],
    ok.

messages() ->
    receive Message -> [Message | messages()] after 0 -> [] end.

cert(Names) ->
    #{cert := Der} =
        public_key:pkix_test_root_cert("test", [{key, {namedCurve, secp256r1}},
                                                {extensions, [san(Names)]}]),
    public_key:pkix_decode_cert(Der, otp).

san(Names) ->
    {'Extension', {2, 5, 29, 17}, false, Names}.
