-- HMAC-SHA256 over timestamp, "." and body by libcrypto, for nginx-lua.conf.
local ffi = require "ffi"

ffi.cdef [[
typedef struct { const char *key; unsigned int data_type; void *data; size_t data_size; size_t return_size; } param;
void *EVP_MAC_fetch(void *library, const char *name, const char *properties);
void *EVP_MAC_CTX_new(void *mac);
int EVP_MAC_init(void *context, const char *key, size_t length, const param *params);
int EVP_MAC_update(void *context, const char *data, size_t length);
int EVP_MAC_final(void *context, unsigned char *out, size_t *length, size_t size);
param OSSL_PARAM_construct_utf8_string(const char *key, char *text, size_t size);
param OSSL_PARAM_construct_end(void);
int CRYPTO_memcmp(const void *one, const void *other, size_t length);
]]

local crypto = ffi.load "libcrypto.so.3"
local context
local mac = ffi.new "unsigned char[32]"
local hex = ffi.new "unsigned char[64]"
local length = ffi.new "size_t[1]"
local digits = ffi.new("unsigned char[16]", "0123456789abcdef")
local rshift, band = bit.rshift, bit.band

local function set_key(secret)
  context = crypto.EVP_MAC_CTX_new(crypto.EVP_MAC_fetch(nil, "HMAC", nil))
  local name = ffi.new("char[7]", "SHA256")
  local params = ffi.new "param[2]"
  params[0] = crypto.OSSL_PARAM_construct_utf8_string("digest", name, 0)
  params[1] = crypto.OSSL_PARAM_construct_end()
  assert(crypto.EVP_MAC_init(context, secret, #secret, params) == 1)
end

local function matches(timestamp, body, signature)
  if #signature ~= 64 then return false end
  crypto.EVP_MAC_init(context, nil, 0, nil)
  crypto.EVP_MAC_update(context, timestamp, #timestamp)
  crypto.EVP_MAC_update(context, ".", 1)
  crypto.EVP_MAC_update(context, body, #body)
  crypto.EVP_MAC_final(context, mac, length, 32)
  for index = 0, 31 do
    hex[2 * index] = digits[rshift(mac[index], 4)]
    hex[2 * index + 1] = digits[band(mac[index], 15)]
  end
  return crypto.CRYPTO_memcmp(hex, signature, 64) == 0
end

local function check()
  ngx.req.read_body()
  local variables = ngx.var
  local timestamp, signature = variables.http_mor_timestamp, variables.http_mor_signature
  if not timestamp or not signature or not ngx.re.find(timestamp, "^[0-9]{1,15}$", "jo") then
    return ngx.exit(401)
  end
  if math.abs(ngx.time() - tonumber(timestamp)) > 300 then return ngx.exit(401) end
  if not matches(timestamp, ngx.req.get_body_data() or "", signature) then return ngx.exit(401) end
end

return { set_key = set_key, check = check }
