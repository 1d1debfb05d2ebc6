# The app for Puma.
require "openssl"

block = ->(number) { format("%015d\n", number) * 4096 }

run(lambda do |env|
  name = env["PATH_INFO"].split("/").last
  return [name[5..].to_i, { "Content-Length" => "5" }, ["early"]] if name.start_with?("early")

  body = env["rack.input"].read
  case name
  when "bare" then [204, {}, []]
  when "unchanged" then [304, { "ETag" => '"same"' }, []]
  when "chunked" then [200, {}, Enumerator.new { |out| 16.times { |number| out << block.(number) } }]
  when "interim"
    env["rack.early_hints"].call("Link" => "</style.css>; rel=preload; as=style")
    [200, { "Content-Length" => "7" }, ["interim"]]
  when "closing"
    write = lambda do |socket|
      16.times { |number| socket.write(block.(number)) }
      socket.close
    end
    [200, { "rack.hijack" => write }, []]
  else
    line = "#{OpenSSL::HMAC.hexdigest("SHA256", "witness", body)} #{body.bytesize}"
    File.write(ENV.fetch("WITNESS_FILE"), "#{env["HTTP_X_WITNESS"] || "-"} #{line}\n", mode: "a")
    if name == "dying"
      env["rack.hijack"].call.close
      return [200, {}, []]
    end
    text = "#{line} #{env["puma.socket"].peeraddr[1]}"
    [200, { "Content-Length" => text.bytesize.to_s }, [text]]
  end
end)
