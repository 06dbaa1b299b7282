"""Tells the public: codes, artwork, label runs, passports, scans."""
