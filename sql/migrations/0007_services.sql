-- What answered on the ports of a host: protocols, versions, algorithms.

ALTER TABLE scan_result ADD COLUMN services_info TEXT;
