/// The version of this package, which both programs show. A release changes this line.
package let version = "0.1.0"
