import java.io.FileInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.Security;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/**
 * A TLS server with everything the Java runtime can do switched on: SSLv3 to TLS 1.3, and RC4, DES, 3DES, export, NULL
 * and anonymous suites.
 *
 * java JsseServer.java ADDRESS PORT KEYSTORE.p12 PASSWORD
 */
public class JsseServer {
    public static void main(String[] args) throws Exception {
        Security.setProperty("jdk.tls.disabledAlgorithms", "");
        Security.setProperty("jdk.tls.legacyAlgorithms", "");
        Security.setProperty("jdk.certpath.disabledAlgorithms", "");
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new FileInputStream(args[2]), args[3].toCharArray());
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, args[3].toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        // Before the port is open: whoever waits for it reads them.
        for (String suite : context.getServerSocketFactory().getSupportedCipherSuites())
            System.out.println(suite);
        SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory()
            .createServerSocket(Integer.parseInt(args[1]), 200, InetAddress.getByName(args[0]));
        server.setEnabledProtocols(new String[] {"SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"});
        server.setEnabledCipherSuites(server.getSupportedCipherSuites());
        ExecutorService threads = Executors.newCachedThreadPool();
        while (true) {
            SSLSocket socket = (SSLSocket) server.accept();
            threads.execute(() -> answer(socket));
        }
    }

    static void answer(SSLSocket socket) {
        try (socket; InputStream in = socket.getInputStream(); OutputStream out = socket.getOutputStream()) {
            in.read();
            out.write("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes());
        } catch (Exception closed) {
            // Most of those who ask end after the first answer.
        }
    }
}
